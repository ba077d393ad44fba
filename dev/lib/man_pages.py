"""Man pages of a program, from the description of its command line that it prints itself.

    man_pages.py PROGRAM FOLDER [--date YYYY-MM-DD]

PROGRAM is run with `--experimental-dump-help`, which ArgumentParser gives every program, and with
`--version`. FOLDER gets a page for the program and one for each of its commands, named as in
patron-customers-list.1.
"""

import argparse
import itertools
import json
import pathlib
import re
import subprocess

# A title of the discussion, such as EXIT STATUS.
TITLE = re.compile(r"[A-Z]{3}[A-Z ]*$")


def escaped(text):
    """Returns text that roff prints as it is."""
    for character, name in (("\\", "\\e"), ("-", "\\-"), ("'", "\\(aq"), ("`", "\\(ga"),
                            ("^", "\\(ha"), ("~", "\\(ti"), ('"', "\\(dq")):
        text = text.replace(character, name)
    return "\\&" + text if text.startswith(".") else text


def prose(text):
    """Returns text for people: what is in backquotes is bold, and hyphens are for reading."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        parts = [text]
    words = [f"\\fB{escaped(part)}\\fR" if at % 2 else
             re.sub(r"(?<=\w)\\-(?=\w)", "-", escaped(part)) for at, part in enumerate(parts)]
    return "".join(words)


def spellings(argument):
    """Returns the names of an option as they are typed, the short ones first."""
    dashes = {"short": "-", "long": "--", "longWithSingleDash": "-"}
    names = [dashes[name["kind"]] + name["name"] for name in argument.get("names", [])]
    return sorted(names, key=lambda name: (name.startswith("--"), names.index(name)))


def is_shown(entry):
    # `help COMMAND` prints what the page of the command has.
    return entry.get("shouldDisplay", True) and entry.get("commandName") != "help"


class Page:
    """The page of one command. `path` has the words that are typed."""

    def __init__(self, command, path, version, date):
        self.command, self.path = command, path
        self.arguments = [entry for entry in command.get("arguments", []) if is_shown(entry)]
        self.commands = [entry for entry in command.get("subcommands", []) if is_shown(entry)]
        self.lines = []
        self.sections = {}
        self.heading(version, date)
        self.synopsis()
        self.discussion()
        self.listed()
        self.options()
        for title, lines in self.sections.items():
            self.lines += [f".SH {title}", *lines]
        self.related()

    @property
    def name(self):
        return "-".join(self.path)

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"

    def heading(self, version, date):
        title = escaped(self.name.upper())
        self.lines += [
            f'.TH {title} 1 {date} "Patron {version}" "Patron Manual"', ".SH NAME",
            f"{escaped(self.name)} \\- {prose(self.abstract(self.command).rstrip('.'))}"]

    @staticmethod
    def abstract(entry):
        return " ".join(entry.get("abstract", "").split())

    def synopsis(self):
        words = [f"\\fB{escaped(' '.join(self.path))}\\fR"]
        if self.commands:
            words.append("\\fICOMMAND\\fR")
        for argument in self.arguments:
            if argument["kind"] == "positional":
                word = f"\\fI{escaped(argument['valueName'])}\\fR"
                word += "..." if argument["isRepeating"] else ""
                words.append(f"[{word}]" if argument["isOptional"] else word)
            elif not argument["isOptional"]:
                words.append(self.option(argument))
        if any(entry["kind"] != "positional" for entry in self.arguments):
            words.append("[\\fIOPTION\\fR]...")
        self.lines += [".SH SYNOPSIS", " ".join(words)]

    def discussion(self):
        """Puts sections of the discussion with titles behind the options."""
        lines = [".SH DESCRIPTION", prose(self.abstract(self.command))]
        self.lines += lines + self.body(self.command.get("discussion", "").splitlines())

    def body(self, source):
        """Returns the text up to the first title, and keeps the titled sections for later."""
        opening, target, example = [], None, False
        target = opening
        for line in source:
            is_example = line.startswith("  ")
            if example and not is_example:
                target.append(".EE")
            if TITLE.match(line):
                target = self.sections.setdefault(line, [])
            elif is_example:
                target += [] if example else [".PP", ".EX"] if target else [".EX"]
                target.append(escaped(line[2:]) or "\\&")
            elif line:
                target += [".PP", prose(line)] if target is opening or target else [prose(line)]
            example = is_example
        if example:
            target.append(".EE")
        return opening

    def listed(self):
        if not self.commands:
            return
        self.lines.append(".SH COMMANDS")
        for command in self.commands:
            page = escaped("-".join(self.path + [command["commandName"]]))
            self.lines += [".TP", f"\\fB{page}\\fR(1)", prose(self.abstract(command))]

    def options(self):
        groups = {}
        for argument in self.arguments:
            groups.setdefault(argument.get("sectionTitle"), []).append(argument)
        self.lines.append(".SH OPTIONS")
        for title in sorted(groups, key=lambda title: title is not None):
            if title:
                self.lines.append(f".SS {escaped(title)}")
            # A flag and its inverse have the same description.
            for _, pair in itertools.groupby(groups[title], lambda entry: (
                    entry["kind"], self.abstract(entry) or entry["valueName"])):
                pair = list(pair)
                names = ", ".join(self.option(argument) for argument in pair)
                self.lines += [".TP", names, self.meaning(pair[0])]

    @staticmethod
    def option(argument):
        value = f"\\fI{escaped(argument['valueName'])}\\fR"
        if argument["kind"] == "positional":
            return value
        names = ", ".join(f"\\fB{escaped(name)}\\fR" for name in spellings(argument))
        return f"{names} {value}" if argument["kind"] == "option" else names

    def meaning(self, argument):
        text = self.abstract(argument)
        words = argument.get("allValues") or []
        if words and not all(word in text for word in words):
            text += f" One of: {', '.join(words)}."
        default = argument.get("defaultValue")
        if default is not None and "(default" not in text:
            text += f" (default: {default})"
        return prose(text.strip()) or "\\&"

    def related(self):
        names = ["-".join(self.path[:-1])] if len(self.path) > 1 else []
        names += [name for name in ("patron", "patrond", "patron-load")
                  if len(self.path) == 1 and name != self.name]
        self.lines += [".SH SEE ALSO", ", ".join(f"\\fB{escaped(name)}\\fR(1)" for name in names)]


def pages(command, path, version, date):
    yield Page(command, path, version, date)
    for entry in filter(is_shown, command.get("subcommands", [])):
        yield from pages(entry, path + [entry["commandName"]], version, date)


def printed(program, flag):
    # Without the caller's environment, from which programs take defaults.
    return subprocess.run([program, flag], check=True, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin"}).stdout


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--date", default="", help="the date at the foot of each page")
    chosen = parser.parse_args()
    program = chosen.program.resolve()
    version = printed(program, "--version").split()[-1]
    command = json.loads(printed(program, "--experimental-dump-help"))["command"]
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for page in pages(command, [command["commandName"]], version, chosen.date or '""'):
        (chosen.folder / f"{page.name}.1").write_text(page.text, encoding="utf-8")


if __name__ == "__main__":
    main()
