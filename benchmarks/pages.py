"""Pages to measure on: an office's list of orders with navigation, filters, a form, and as many rows as are wanted.

At the top left of each is a button that counts its clicks and tells the number in the title.
"""

import random
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

CLICK = (100.0, 36.0)
"""A point on the button, in pixels."""

BUTTON = "Count this"
TITLE = "Clicks "
"""The title begins so; the number of clicks that arrived follows."""

_STATES = ("new", "paid", "packed", "sent", "returned")
_TOWNS = ("Aarhus", "Bergen", "Gdansk", "Leipzig", "Lyon", "Porto", "Torino", "Utrecht", "Vienna", "Zagreb")
_NAMES = ("Adler", "Dumas", "Eriksen", "Haddad", "Ivanova", "Moreau", "Novak", "Okafor", "Rossi", "Tanaka")
_GOODS = ("lamp", "chair", "kettle", "bicycle", "rucksack", "notebook", "blanket", "mirror", "radio", "shelf")
_SECTIONS = ("Orders", "Customers", "Stock", "Invoices", "Returns", "Reports", "Suppliers", "Settings")
_STYLE = """
* { box-sizing: border-box } body { margin: 0; font: 14px sans-serif; color: #222; background: #f6f7f9 }
#count { position: absolute; left: 20px; top: 16px; width: 160px; height: 40px }
header { height: 72px; padding: 24px 20px 0 220px; background: #fff; border-bottom: 1px solid #ccd }
main { display: flex } aside { width: 200px; padding: 16px } aside li { margin: 6px 0 }
section { flex: 1; padding: 16px } table { border-collapse: collapse; width: 100%; background: #fff }
td, th { padding: 4px 8px; border-bottom: 1px solid #e3e6ea; text-align: left; white-space: nowrap }
.state { padding: 1px 8px; border-radius: 8px; background: #def } label { margin-right: 12px }
"""
_SCRIPT = """
let clicks = 0;
document.title = "Clicks 0";
document.getElementById("count").addEventListener("click", () => {
    clicks += 1;
    document.title = `Clicks ${clicks}`;
    document.getElementById("counted").textContent = `${clicks} times`;
});
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A page by its name, and how many orders it lists."""

    name: str
    orders: int


BIG = Page("big", 127)
SMALL = Page("small", 10)
PAGES = (BIG, SMALL)


def html_of(page: Page) -> str:
    """The whole document; the same text each time."""
    chance = random.Random(page.orders)
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Clicks 0</title>"
        f"<style>{_STYLE}</style></head><body>"
        f"<button id=count>{BUTTON}</button>"
        "<header><strong>Back office</strong> <output id=counted>0 times</output></header>"
        f"<main><aside>{_navigation()}</aside>"
        f"<section>{_filters()}{_table(page.orders, chance)}{_form()}</section></main>"
        f"<footer><p>{_pager()}</p></footer><script>{_SCRIPT}</script></body></html>"
    )


def _navigation() -> str:
    items = "".join(f"<li><a href='#{name.lower()}'>{name}</a></li>" for name in _SECTIONS)
    return f"<nav aria-label=Sections><h2>Sections</h2><ul>{items}</ul></nav>"


def _filters() -> str:
    towns = "".join(f"<option>{town}</option>" for town in ("All towns", *_TOWNS))
    return (
        "<h1>Orders</h1><form><label>Search <input type=search name=q placeholder='Name or number'></label>"
        f"<label>Town <select name=town>{towns}</select></label>"
        "<label>From <input type=date name=from></label><label><input type=checkbox name=late> Late only</label>"
        "<button type=button>Filter</button></form>"
    )


def _table(orders: int, chance: random.Random) -> str:
    headings = "".join(f"<th scope=col>{name}</th>" for name in ("", "Order", "Customer", "Goods", "State", "Sum", ""))
    rows = "".join(_row(1000 + number, chance) for number in range(orders))
    return f"<table><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table>"


def _row(number: int, chance: random.Random) -> str:
    name, town = chance.choice(_NAMES), chance.choice(_TOWNS)
    state, goods = chance.choice(_STATES), chance.choice(_GOODS)
    options = "".join(f"<option{' selected' * (each == state)}>{each}</option>" for each in _STATES[:3])
    return (
        f"<tr><td><input type=checkbox aria-label='Mark order {number}'></td>"
        f"<td><a href='#order-{number}'>No. {number}</a></td>"
        f"<td><a href='#customer-{name}'>{escape(name)}</a>, <span>{town}</span></td>"
        f"<td>{chance.randint(1, 9)} <em>{goods}</em></td>"
        f"<td><span class=state>{state}</span> <select aria-label='State of {number}'>{options}</select></td>"
        f"<td>{chance.randint(5, 900)}.{chance.randint(10, 99)}</td><td><button>Open</button></td></tr>"
    )


def _form() -> str:
    fields = "".join(
        f"<p><label>{label} <input type={kind} name={name}></label></p>"
        for name, kind, label in (("name", "text", "Name"), ("mail", "email", "Mail"), ("amount", "number", "Amount"))
    )
    return f"<form><h2>New order</h2>{fields}<textarea name=note></textarea> <button type=button>Add</button></form>"


def _pager() -> str:
    return " ".join(f"<a href='#page-{number}'>{number}</a>" for number in range(1, 5))


class _Counter(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements = 0

    def handle_starttag(self, *_: object) -> None:
        self.elements += 1


def element_count(page: Page) -> int:
    """How many elements the document has; every one of them is written out, so a parser adds none."""
    counter = _Counter()
    counter.feed(html_of(page))
    return counter.elements
