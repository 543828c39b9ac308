"""A window without a toolkit and without accessibility, whose title is what was typed into it."""

import sys

from Xlib import XK, X
from Xlib.display import Display


def main() -> None:
    display = Display()
    screen = display.screen()
    window = screen.root.create_window(
        100, 100, 400, 300, 0, screen.root_depth, background_pixel=0x3366CC, event_mask=X.KeyPressMask | X.ExposureMask
    )
    window.set_wm_name("Plain")
    window.map()
    typed = ""
    while True:
        event = display.next_event()
        if event.type == X.MappingNotify:
            display.refresh_keyboard_mapping(event)
        if event.type == X.KeyPress:
            symbol = display.keycode_to_keysym(event.detail, event.state & X.ShiftMask)
            if symbol == XK.XK_Escape:
                sys.exit(0)
            if 0x20 <= symbol < 0x100:
                typed += chr(symbol)
                window.set_wm_name(typed)
                display.flush()


main()
