"""Tests of schemas.advertisements: what is one, and what only sounds like one."""

import pytest

from schemas.advertisements import advertised, is_advertisement
from schemas.records import Node

HERE = "http://shop.test/items"


@pytest.mark.parametrize(
    "node",
    [
        Node("iframe", id="google_ads_iframe_/123/home_0"),
        Node("iframe", id="ad-top"),
        Node("complementary", id="AdSlot"),
        Node("complementary", test_id="sidebar-ad"),
        Node("region", id="topAd"),
        Node("img", "Advertisement"),
        Node("iframe", "3rd party ad content"),
        Node("complementary", "Ads"),
        Node("link", "Sponsored · Buy a river"),
        Node("link", "Ad: shoes"),
        Node("link", "Sponsored by River Inc"),
        Node("region", "Promoted"),
        Node("link", "Shoes", href="https://ad.doubleclick.net/click;h=1"),
        Node("link", "Shoes", href="https://www.googleadservices.test/pagead/aclk?sa=L"),
        Node("link", "Shoes", href="https://ads.example.test/x"),
        Node("link", "Shoes", href="//tpc.googlesyndication.com/simgad/1"),
    ],
    ids=repr,
)
def test_an_advertisement_is_known_by_its_id_its_name_or_its_address(node: Node) -> None:
    assert is_advertisement(node, HERE)


@pytest.mark.parametrize(
    "node",
    [
        Node("link", "Add to cart", id="add-to-cart", href="http://shop.test/cart/add"),
        Node("link", "Admin", id="admin", href="/admin"),
        Node("region", "Adapter", id="adapter-list"),
        Node("img", "Address", id="addressIcon"),
        Node("region", "Ad hoc reports"),
        Node("link", "Ads", href="/ads"),
        Node("link", "Ads by owner", href="/ads?by=owner"),
        Node("link", "A bike, as new", href="/ads/12"),
        Node("link", "A bike, as new", href="http://shop.test/ads/12"),
        Node("link", "Post an ad", href="/post"),
        Node("link", "Badge", id="badge", href="https://loads.example.test/adrift"),
        Node("region", "Advertised jobs"),
        Node("link", "Read", id="read-ahead", href="https://reads.test/head"),
        Node("link", "Radio", id="ADVANCED"),
        Node("button", "Ad", id="ad"),
        Node("text", "Advertisement"),
        Node("link", "x", href="http://[ad"),
        Node("img"),
    ],
    ids=repr,
)
def test_what_only_sounds_like_one_is_none(node: Node) -> None:
    assert not is_advertisement(node, HERE)


def test_the_whole_of_it_is_advertised_and_no_more() -> None:
    nodes = [
        Node("main"),
        Node("complementary", "Advertisement", depth=1),
        Node("link", "Shoes", depth=2),
        Node("text", "only 5", depth=3),
        Node("link", "About", depth=1),
        Node("iframe", id="ad_2", depth=1),
    ]
    assert advertised(nodes, HERE) == {1, 2, 3, 5}
    assert advertised(nodes[:1], None) == frozenset()
