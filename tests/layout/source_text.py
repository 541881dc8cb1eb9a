"""What the layout rules need to know of C++ text."""
import re

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)
# [captures](parameters) … -> Task<…> {   with something captured
LAMBDA = re.compile(r"\[[^\[\]\n]*[^\[\]\s][^\[\]\n]*\]\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)\s*)?(?:mutable\s*)?"
                    r"(?:->\s*[\w:<>,\s*&]*\bTask<[^{};]*?>\s*)?\{")


def includes(path):
    text = path.read_text()
    for match in INCLUDE.finditer(text):
        quoted = match[1] is None
        yield text.count("\n", 0, match.start()) + 1, match[2] if quoted else match[1], quoted


def without_comments(text):
    """The same text, comments and the insides of string literals blanked, every line where it was."""

    def blank(match):
        found = match[0]
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        return found[0] + " " * (len(found) - 2) + found[-1] if "\n" not in found else re.sub(r"[^\n]", " ", found)

    return re.sub(r'R"(\w*)\((?s:.)*?\)\1"|//[^\n]*|/\*(?s:.)*?\*/|"(?:\\.|[^"\\\n])*"' + r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])'",
                  blank, text)


def lambdas_called_in_place(text):
    """The lines of capturing coroutine lambdas with a call right behind their body."""
    code = without_comments(text)
    for match in LAMBDA.finditer(code):
        end, depth = match.end(), 1
        while end < len(code) and depth > 0:
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        body = code[match.end():end]
        if re.match(r"\s*\(", code[end:]) and re.search(r"\bco_(await|return|yield)\b", body):
            yield code.count("\n", 0, match.start()) + 1
