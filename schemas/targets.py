"""The element that an action is meant for, as it is written down: to be found again on another visit."""

from schemas.records import Locator, Node, Target


def target_of(node: Node) -> Target:
    """The node as the target of an action."""
    locators = []
    if node.test_id:
        locators.append(Locator("test id", node.test_id))
    if node.id:
        locators.append(Locator("id", node.id))
    if node.name:
        locators.append(Locator("role", f"{node.role} {node.name}"))
    if node.path:
        locators.append(Locator("path", node.path))
    return Target(role=node.role, name=node.name, box=node.box, locators=tuple(locators))
