"""A small application to test with: a form, a list, a dialog behind a link. Run by the system's Python, which has GTK.

python3 gtk_app.py [MODE]      crash, exit, hang, windows, grab, fullscreen, flood or spin: what its button does;
                               ticking: a text that is never the same twice
"""

import ctypes
import itertools
import os
import sys
import time

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Atk", "1.0")
from gi.repository import Atk, Gdk, GLib, Gtk  # noqa: E402

MODE = sys.argv[1] if len(sys.argv) > 1 else ""


def labelled(grid, row, text, widget):
    label = Gtk.Label(label=text, mnemonic_widget=widget, halign=Gtk.Align.START)
    grid.attach(label, 0, row, 1, 1)
    grid.attach(widget, 1, row, 1, 1)


def main():
    window = Gtk.Window(title="Orders")
    window.set_default_size(620, 560)
    window.connect("destroy", Gtk.main_quit)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6, margin=6)
    window.add(box)

    heading = Gtk.Label(label="Orders of today")
    heading.get_accessible().set_role(Atk.Role.HEADING)
    box.pack_start(heading, False, False, 0)

    details = Gtk.Button(label="Details")
    details.get_accessible().set_role(Atk.Role.LINK)
    details.connect("clicked", lambda _: show_details(window))
    box.pack_start(details, False, False, 0)

    grid = Gtk.Grid(row_spacing=4, column_spacing=8)
    box.pack_start(grid, False, False, 0)
    labelled(grid, 0, "Name", Gtk.Entry())
    labelled(grid, 1, "Password", Gtk.Entry(visibility=False, input_purpose=Gtk.InputPurpose.PASSWORD))
    size = Gtk.ComboBoxText()
    for each in ("Small", "Medium", "Large"):
        size.append_text(each)
    size.set_active(0)
    labelled(grid, 2, "Size", size)
    grid.attach(Gtk.CheckButton(label="Express"), 0, 3, 2, 1)
    grid.attach(Gtk.SpinButton.new_with_range(0, 100, 1), 1, 4, 1, 1)

    # A notch scrolls the page's height to the power of 2/3: of 253 pixels 40.
    scrolled = Gtk.ScrolledWindow(min_content_height=253, max_content_height=253)
    scrolled.set_policy(Gtk.PolicyType.NEVER, Gtk.PolicyType.ALWAYS)
    rows = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
    for number in range(40):
        rows.pack_start(Gtk.Label(label=f"Order {number}", xalign=0.0), False, False, 0)
    scrolled.add(rows)
    box.pack_start(scrolled, False, False, 0)

    if MODE == "ticking":
        ticks = itertools.count()
        GLib.timeout_add(30, lambda: heading.set_text(f"Order {next(ticks)} of today") or True)
    elif MODE:
        trouble = Gtk.Button(label="Trouble")
        trouble.connect("clicked", lambda _: TROUBLES[MODE](window))
        box.pack_start(trouble, False, False, 0)
    window.show_all()
    Gtk.main()


def show_details(window):
    dialog = Gtk.Dialog(title="Details", transient_for=window, modal=True)
    dialog.add_button("Close", Gtk.ResponseType.CLOSE)
    dialog.get_content_area().add(Gtk.Label(label="Three orders are open."))
    dialog.connect("response", lambda *_: dialog.destroy())
    dialog.show_all()


def crash(_):
    ctypes.string_at(0)


def leave(_):
    os._exit(0)


def hang(_):
    time.sleep(3600)


def windows(_):
    for number in range(50):
        extra = Gtk.Window(title=f"Window {number}")
        extra.add(Gtk.Button(label=f"Button {number}"))
        extra.show_all()


def grab(window):
    seat = Gdk.Display.get_default().get_default_seat()
    GLib.timeout_add(
        50, lambda: seat.grab(window.get_window(), Gdk.SeatCapabilities.ALL, True, None, None, None) and False
    )


def fullscreen(window):
    window.fullscreen()


def flood(window):
    def say():
        for number in range(2_000):
            window.get_accessible().set_name(f"Orders {number}")
        return True

    GLib.idle_add(say)


def spin(window):
    bar = Gtk.ProgressBar()
    window.get_child().pack_start(bar, False, False, 0)
    bar.show()

    def pulse():
        bar.set_fraction((bar.get_fraction() + 0.01) % 1)
        return True

    GLib.timeout_add(16, pulse)


TROUBLES = {
    "crash": crash,
    "exit": leave,
    "hang": hang,
    "windows": windows,
    "grab": grab,
    "fullscreen": fullscreen,
    "flood": flood,
    "spin": spin,
}

if __name__ == "__main__":
    main()
