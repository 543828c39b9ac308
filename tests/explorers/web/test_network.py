"""Tests of explorers.web.network."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.web.network import PORTS, Site, SiteRules, address_of, folded_host, is_public, site_of
from schemas.errors import ConfigurationError

RULES = SiteRules("http://127.0.0.1:8000/start")
PUBLIC = SiteRules("https://shop.example/", ("help.shop.example", "10.0.0.7:8080", "static.example:8443"))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:8000/a?b", None),
        ("http://127.1:8000/", None),
        ("http://user@127.0.0.1:8000/", None),
        ("http://127.0.0.1:8001/", "127.0.0.1:8001 is not the site"),
        ("http://localhost:8000/", "localhost:8000 is not the site"),
        ("https://127.0.0.1:8000/", None),
        ("http://127.0.0.1:8000@evil.example/", "evil.example:80 is not the site"),
        ("http://evil.example/", "evil.example:80 is not the site"),
        ("http://127.0.0.1:8000\\@evil.example/", "the address can't be read"),
        ("http://127.0.0.1:99999/", "the address can't be read"),
        ("http://1.2.3.4.5/", "the host can't be read"),
        ("file:///etc/passwd", "file: is not loaded"),
        ("ftp://127.0.0.1:8000/", "ftp: is not loaded"),
        ("javascript:alert(1)", "javascript: is not loaded"),
        ("chrome://settings", "chrome: is not loaded"),
        ("data:text/html,x", "data: is no page of the site"),
        ("about:blank", None),
        ("about:config", "about: is no page of the site"),
        ("blob:http://127.0.0.1:8000/1-2", None),
        ("blob:http://evil.example/1-2", "the blob is not the site's"),
        ("", "an address without scheme: is not loaded"),
    ],
)
def test_the_main_frame_stays_on_the_start_site(url: str, reason: str | None) -> None:
    assert RULES.refuses("GET", url, kind="Document", main_frame=True) == reason


@pytest.mark.parametrize(
    ("method", "url", "kind", "allowed"),
    [
        ("GET", "https://cdn.example/a.js", "Script", True),
        ("HEAD", "https://cdn.example/a.js", "Fetch", True),
        ("GET", "https://93.184.215.14/a.png", "Image", True),
        ("GET", "https://maps.example/embed", "Document", True),
        ("POST", "https://cdn.example/", "Fetch", False),
        ("POST", "https://cdn.example/", "Ping", False),
        ("PUT", "https://cdn.example/", "XHR", False),
        ("OPTIONS", "https://cdn.example/", "Preflight", False),
        ("GET", "wss://cdn.example/", "WebSocket", False),
        ("GET", "https://cdn.example/", "WebSocket", False),
        ("GET", "ws://127.0.0.1:8000/", "WebSocket", True),
        ("DELETE", "http://127.0.0.1:8000/", "Fetch", True),
        ("POST", "http://127.0.0.1:8000/", "Document", True),
        ("POST", "http://127.0.0.1:8001/", "Document", False),
        ("GET", "http://127.0.0.1:8001/a.png", "Image", False),
        ("GET", "http://localhost:8001/a.png", "Image", False),
        ("GET", "http://a.localhost/", "Image", False),
        ("GET", "http://169.254.169.254/latest/meta-data/", "Fetch", False),
        ("GET", "http://metadata.google.internal/", "Fetch", False),
        ("GET", "http://2130706433:8001/", "Fetch", False),
        ("GET", "http://0x7f.1:8001/", "Fetch", False),
        ("GET", "http://017700000001:8001/", "Fetch", False),
        ("GET", "http://[::1]:8001/", "Fetch", False),
        ("GET", "http://[::ffff:10.0.0.1]/", "Fetch", False),
        ("GET", "http://[64:ff9b::a00:1]/", "Fetch", False),
        ("GET", "http://router/", "Fetch", False),
        ("GET", "http://printer.local/", "Fetch", False),
        ("GET", "data:image/png,x", "Image", True),
        ("GET", "blob:http://127.0.0.1:8000/1", "Script", True),
        ("GET", "file:///etc/passwd", "Image", False),
    ],
)
def test_what_a_page_loads(method: str, url: str, kind: str, allowed: bool) -> None:
    assert (RULES.refuses(method, url, kind=kind) is None) is allowed


@pytest.mark.parametrize(
    ("method", "url", "main_frame", "allowed"),
    [
        ("GET", "https://help.shop.example/", True, True),
        ("GET", "http://help.shop.example/", True, True),
        ("GET", "https://help.shop.example:444/", True, False),
        ("POST", "https://help.shop.example/", True, False),
        ("GET", "http://10.0.0.7:8080/", True, True),
        ("GET", "http://10.0.0.7/", False, False),
        ("GET", "http://10.0.0.8:8080/", False, False),
        ("GET", "https://static.example:8443/", True, True),
        ("GET", "http://shop.example/", True, False),
    ],
)
def test_hosts_that_were_named_may_be_visited_and_read(method: str, url: str, main_frame: bool, allowed: bool) -> None:
    assert (PUBLIC.refuses(method, url, kind="Document", main_frame=main_frame) is None) is allowed


def test_a_start_on_port_80_may_be_led_to_443() -> None:
    rules = SiteRules("http://shop.example/")
    assert rules.refuses("POST", "https://shop.example/", main_frame=True) is None
    assert rules.refuses("GET", "https://shop.example:8443/", main_frame=True)


ADDRESSES = st.one_of(
    st.ip_addresses(), st.sampled_from(["127.0.0.1", "10.1.2.3", "8.8.8.8"]).map(ipaddress.ip_address)
)


def test_what_a_name_leads_to_is_looked_at_again() -> None:
    home, world = ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("93.184.215.14")
    start, other = Site("shop.example", 443), Site("cdn.example", 443)
    assert PUBLIC.refuses_address(other, world) is None
    assert PUBLIC.refuses_address(other, home) == "cdn.example:443 leads to 127.0.0.1, which is not public"
    assert PUBLIC.refuses_address(start, home) is None, "a site of an own network may be explored"
    assert PUBLIC.refuses_address(Site("help.shop.example", 443), home), "named without a port is named as public"
    assert PUBLIC.refuses_address(start, ipaddress.ip_address("0.0.0.0"))
    assert PUBLIC.refuses_address(start, ipaddress.ip_address("224.0.0.1"))


@given(st.ip_addresses(v=4))
def test_an_address_is_the_same_in_every_spelling(address: ipaddress.IPv4Address) -> None:
    value = int(address)
    one, two, rest = value >> 24, (value >> 16) & 255, value & 65535
    for spelling in (str(value), hex(value), f"0{value:o}", f"{one:#x}.{two:#o}".replace("0o", "0") + f".{rest}"):
        assert address_of(spelling) == address
        assert folded_host(spelling.upper().replace("0X", "0x")) == str(address)


@given(ADDRESSES)
def test_an_address_inside_of_another_is_as_public_as_it_is(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if isinstance(address, ipaddress.IPv4Address):
        for net in ("::ffff:0:0", "64:ff9b::"):
            inner = ipaddress.IPv6Address(int(ipaddress.IPv6Address(net)) + int(address))
            assert not is_public(inner) or is_public(address)
    assert not (is_public(address) and (address.is_private or address.is_loopback or address.is_multicast))


@given(st.text(max_size=40), st.sampled_from(sorted(PORTS)))
def test_every_address_has_an_answer(text: str, scheme: str) -> None:
    for url in (text, f"{scheme}://{text}", f"{scheme}://{text}:80/"):
        RULES.refuses("GET", url)
        site = site_of(url)
        assert site is None or folded_host(site.host) == site.host


@pytest.mark.parametrize("wrong", ["shop.example", "ftp://shop.example/", "http://", "http://[", "http://a b/"])
def test_a_start_that_is_none_is_a_wrong_call(wrong: str) -> None:
    with pytest.raises(ConfigurationError):
        SiteRules(wrong)


KEYS = (
    "169.254.169.254",
    "169.254.170.2",
    "2852039166",
    "0xa9fea9fe",
    "0xA9.254.169.254",
    "0251.0376.0251.0376",
    "169.254.43518",
    "169.254.169.254.",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::1]",
    "[fe80::1]",
    "[fe80::a9fe:a9fe%25eth0]",
    "[fd00:ec2::254]",
    "100.100.100.200",
    "192.0.0.192",
    "metadata.google.internal",
    "METADATA.google.internal.",
    "metadata",
    "0.0.0.0",
    "0",
    "[::]",
    "224.0.0.1",
    "255.255.255.255",
)


@pytest.mark.parametrize("host", KEYS)
def test_what_tells_a_machine_its_keys_is_no_start_in_any_spelling(host: str) -> None:
    for url in (f"http://{host}/", f"http://{host}:8080/latest/meta-data/", f"https://me@{host}/"):
        with pytest.raises(ConfigurationError):
            SiteRules(url)
    with pytest.raises(ConfigurationError):
        SiteRules("http://shop.example/", (host,))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.7", "192.168.1.1", "[fd12::1]", "[::2]"])
def test_a_site_of_an_own_network_is_a_start(host: str) -> None:
    SiteRules(f"http://{host}:8000/")


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "fd00:ec2::254"])
def test_a_name_that_leads_there_is_not_followed_even_from_the_start(address: str) -> None:
    rules = SiteRules("http://169.254.169.254.nip.example/", ("b.example:80",))
    for site in (rules.site, Site("b.example", 80), Site("c.example", 443)):
        assert rules.refuses_address(site, ipaddress.ip_address(address))


@pytest.mark.parametrize("wrong", ["", "http://a.example/", "a.example:x", "me@a.example", "a b"])
def test_a_host_that_is_none_is_a_wrong_call(wrong: str) -> None:
    with pytest.raises(ConfigurationError):
        SiteRules("http://shop.example/", (wrong,))
