"""HTML of the provider's pages: plain forms for phone, keyboard and dark mode, without JavaScript."""

from html import escape

from infra.local_provider.currencies import THREE_DECIMAL, ZERO_DECIMAL

STYLE = """
:root { color-scheme: light dark; --line: #b8bfc8; --accent: #4338ca; --on-accent: #fff; }
@media (prefers-color-scheme: dark) { :root { --line: #4b5563; --accent: #a5b4fc; --on-accent: #111827; } }
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 28rem; padding: 1.5rem 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
.amount { font-size: 2rem; font-weight: 600; margin: 0; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; padding: .5rem 1rem; }
label { display: flex; gap: .5rem; padding: .375rem 0; }
button { background: none; border: 1px solid var(--line); border-radius: .5rem; color: inherit; cursor: pointer;
  display: block; font: inherit; margin: .5rem 0; min-height: 2.75rem; padding: .5rem 1rem; width: 100%; }
button.first { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[role=alert] { border-left: .25rem solid #dc2626; padding: .25rem .75rem; }
footer { font-size: .875rem; margin-top: 1.5rem; }
"""


def document(title: str, content: str) -> bytes:
    """Return a whole page. The content is HTML, the title is text."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main><h1>{escape(title)}</h1>{content}</main>"
        "<footer>Local payment provider. No money is involved.</footer></body></html>"
    ).encode()


def form(content: str) -> str:
    """Return a form that is sent to the page's own address."""
    return f'<form method="post">{content}</form>'


def button(action: str, label: str, *, first: bool = False) -> str:
    """Return a button that submits this action."""
    emphasis = ' class="first"' if first else ""
    return f'<button name="action" value="{escape(action)}"{emphasis}>{escape(label)}</button>'


def alert(message: str) -> str:
    """Return a message about what went wrong; nothing for an empty one."""
    return f'<p role="alert">{escape(message)}</p>' if message else ""


def money(amount: int, currency: str) -> str:
    """Return an amount with its decimals, such as "9.90 EUR"."""
    decimals = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    units, rest = divmod(amount, 10**decimals)
    fraction = f".{rest:0{decimals}}" if decimals else ""
    return f"{units:,}{fraction} {currency.upper()}"
