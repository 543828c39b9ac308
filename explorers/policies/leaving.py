"""What ends an application when it is pressed: tried last, when there is nothing else."""

from explorers.core.affordances import Affordance
from explorers.policies.view import View
from schemas.folding import folded
from schemas.records import Node

LAST = 0.001
"""The part of its weight that such an element keeps: it is chosen where there is nothing else."""

_LEAVES = frozenset(
    map(
        folded,
        (
            "close", "close window", "close all windows", "close all", "close application", "cancel", "quit", "exit",
            "x", "✕", "schließen", "fenster schließen", "abbrechen", "beenden", "fermer", "fermer la fenêtre",
            "annuler", "quitter", "cerrar", "cerrar ventana", "cancelar", "salir", "chiudi", "annulla", "esci",
            "fechar", "sair", "sluiten", "annuleren", "afsluiten", "закрыть", "отмена", "выход", "zamknij", "anuluj",
            "zavřít", "zrušit", "stäng", "avbryt", "luk", "annuller", "kapat", "iptal", "关闭", "取消", "退出",
            "閉じる", "キャンセル", "終了", "닫기", "취소", "종료",
        ),
    )
)  # fmt: skip


def is_way_out(each: Affordance, view: View) -> bool:
    """Whether an element closes the only window of a desktop, by what it is called and the window it is in."""
    observation = view.observation
    if observation.tree is None or observation.tree.kind not in ("atspi", "pixels") or len(observation.windows) > 1:
        return False
    return is_leaving(each.node)


def is_leaving(node: Node) -> bool:
    """Whether something is called as what closes or cancels."""
    name = folded(node.name).strip(" .…")
    return name in _LEAVES or name.startswith(("quit ", "exit "))
