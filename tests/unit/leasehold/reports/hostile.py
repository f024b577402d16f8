"""Text that breaks out of a format wherever it is not escaped."""

MARKUP = "</script><img src=x onerror=alert(1)><!-- & \"quoted\" 'too'"
MARKDOWN = (
    "a|b `code` ``more`` **bold** [link](https://x.example) <b> \\| $x$ ~~no~~ www.x.example\n```\n# head\n---\n````"
)
COMMAND = "100%, done: yes\r\n::error title=forged::no\n::stop-commands::x"
INVISIBLE = "a\x1b[31mred\x00\u202eback\u2028line\x85next\u200bend"

ALL = (MARKUP, MARKDOWN, COMMAND, INVISIBLE)
