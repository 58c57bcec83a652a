"""A battery whose wear is told too low by the formula that is solved and priced."""

from models.assets.battery import Battery


class FlatteringBattery(Battery):
    """Forgets half of its wear; what is billed again by plain sums does not."""

    def cost_krw(self, power_kw):
        """Return half of what is worn."""
        return 0.5 * super().cost_krw(power_kw)


def flattering(battery: Battery) -> FlatteringBattery:
    """Return the same battery with that formula."""
    return FlatteringBattery(name=battery.name, parameters=battery.parameters, zone=battery.zone)
