"""A declaration that cannot be scheduled is refused with firm, equipment, parameter and remedy."""

import pytest

from feature_store.entities.firm import Equipment
from models.assets.solar import Solar
from models.site import EquipmentError, site_of
from tests.builders import SEOUL, a_firm

ROOF = {"peak_kw": 100, "tilt_deg": 10, "azimuth_deg": 180}


def firm_with(*equipment: Equipment):
    return a_firm("press_shop", equipment=equipment)


def test_a_site_holds_the_firms_contract_zone_and_equipment():
    site = site_of(firm_with(Equipment(name="roof", kind="solar", parameters=ROOF)))
    assert (site.firm_id, site.zone, site.contract.power_kw) == ("press_shop", SEOUL, 500)
    (roof,) = site.assets
    assert isinstance(roof, Solar)
    assert roof.parameters.peak_kw == 100


@pytest.mark.parametrize(
    ("kind", "parameters", "said"),
    [
        ("windmill", ROOF, "press_shop, roof: kind 'windmill' is not known; write one of battery"),
        ("solar", ROOF | {"peak_kw": -5}, "press_shop, roof: peak_kw: .*greater than 0"),
        ("solar", {"peak_kw": 100, "tilt_deg": 10}, "press_shop, roof: azimuth_deg: .*required"),
        ("solar", ROOF | {"colour": "blue"}, "press_shop, roof: colour: .*declares peak_kw, tilt"),
        ("solar", ROOF | {"peak_kw": "a lot"}, "press_shop, roof: peak_kw: .*valid number"),
    ],
)
def test_what_is_wrong_is_named_with_what_may_be_declared(kind, parameters, said):
    with pytest.raises(EquipmentError, match=said):
        site_of(firm_with(Equipment(name="roof", kind=kind, parameters=parameters)))


def test_two_pieces_of_one_name_are_refused():
    roof = Equipment(name="roof", kind="solar", parameters=ROOF)
    with pytest.raises(EquipmentError, match="two pieces of equipment are called 'roof'"):
        site_of(firm_with(roof, roof))
