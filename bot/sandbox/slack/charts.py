"""The shape of a data_visualization block's charts; knows no other block.

Unsettled: the reference said six segments and series when it appeared, twelve later; twelve is taken.
"""

from typing import Any

from bot.sandbox.slack.shapes import Anything, ByType, Findings, ListOf, Obj, Str

_MOST = 12  # segments of a pie, series of the others
_POINTS = 20
_LABEL = Str(20)


def _labels(chart: dict[str, Any], at: str, findings: Findings) -> None:
    """Each series names every category once, and nothing else."""
    config, series = chart.get("axis_config"), chart.get("series")
    categories = config.get("categories") if isinstance(config, dict) else None
    if not isinstance(categories, list) or not isinstance(series, list):
        return
    for i, each in enumerate(series):
        data = each.get("data") if isinstance(each, dict) else None
        if not isinstance(data, list):
            continue
        labels = [point.get("label") for point in data if isinstance(point, dict)]
        if len(labels) != len(categories) or any(label not in categories for label in labels):
            findings.add(f"{at}/series/{i}/data", "labels must match the categories of axis_config")
    names = [each.get("name") for each in series if isinstance(each, dict)]
    if any(name in names[:i] for i, name in enumerate(names)):
        findings.add(f"{at}/series", "names of series must be unique")


_POINT = Obj({"label": _LABEL, "value": Anything()})
_SERIES = Obj({"name": _LABEL, "data": ListOf(_POINT, _POINTS)})
_AXES = Obj({"categories": ListOf(_LABEL, _POINTS)}, {"x_label": Str(50), "y_label": Str(50)})
_XY = Obj({"series": ListOf(_SERIES, _MOST), "axis_config": _AXES}, {}, _labels)
CHART = ByType({"pie": Obj({"segments": ListOf(_POINT, _MOST)}), "bar": _XY, "area": _XY, "line": _XY})
