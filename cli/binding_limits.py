"""What a move lies at, in the words of the tables that are printed."""

from __future__ import annotations

from collections.abc import Mapping

BINDING_LIMITS: Mapping[str, str] = {
    "full": "만충 full",
    "empty": "방전 하한 empty",
    "reserve": "예비량 reserve",
    "charging_power": "충전 출력 charging power",
    "discharging_power": "방전 출력 discharging power",
    "days_discharge": "하루 방전량 discharge of a day",
    "machine_power": "기기 출력 machine power",
    "largest_output": "최대 출력 largest output",
    "least_output": "최소 출력 least output",
    "largest_reduction": "최대 감축 largest reduction",
    "least_reduction": "최소 감축 least reduction",
    "days_reduction": "하루 감축량 energy given up in a day",
    "window_start": "가능 시간의 시작 start of its window",
    "window_end": "가능 시간의 끝 end of its window",
    "departure": "출발 시각 departure",
    "notice": "사전 통지 time of notice",
    "shortest_time": "최소 지속 시간 shortest time at once",
    "longest_time": "최대 지속 시간 longest time at once",
    "shortest_pause": "최소 휴지 시간 shortest pause",
    "days_starts": "하루 기동 횟수 starts in a day",
    "precedence": "작업 순서 order of jobs",
    "exclusion": "동시 작업 금지 never at the same time",
    "crew": "작업 인원 crew",
    "contract_power": "계약전력 contract power",
    "no_feeding_back": "역송 불가 nothing may be fed back",
    "feeding_back": "역송 한도 limit of feeding back",
}
