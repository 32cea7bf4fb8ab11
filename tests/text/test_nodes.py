import gc

import pytest

from kpi_engine.text.nodes import many_nodes, passive


@passive
class Pair:
    left: int
    right: str = ""


def test_nodes_are_equal_by_value_and_hold_nothing_else():
    assert Pair(1, "a") == Pair(1, "a")
    assert {Pair(1), Pair(1)} == {Pair(1)}
    assert not hasattr(Pair(1), "__dict__")


@pytest.mark.parametrize("searching", [True, False])
def test_the_search_for_garbage_is_held_back_and_then_as_it_was(searching):
    before = gc.isenabled()
    try:
        (gc.enable if searching else gc.disable)()
        with many_nodes(), many_nodes():
            assert not gc.isenabled()
        assert gc.isenabled() is searching
        with pytest.raises(KeyError), many_nodes():
            raise KeyError
        assert gc.isenabled() is searching
    finally:
        (gc.enable if before else gc.disable)()
