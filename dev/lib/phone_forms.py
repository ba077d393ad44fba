"""Example numbers of every region in the forms that people write, with their meaning."""

import itertools
import re

import phonenumbers as library
from phonenumbers import PhoneNumberFormat as Format
from phonenumbers import PhoneNumberType as Type

# The numbers that the examples of international prefixes call.
FOREIGN = library.parse("+442079460958"), library.parse("+14155550132")


def e164(number):
    return library.format_number(number, Format.E164)


def oracle(text, region):
    """Returns the number that the library reads if it is valid, else `-`."""
    try:
        number = library.parse(text, region)
    except library.NumberParseException:
        return "-"
    return e164(number) if library.is_valid_number(number) else "-"


def strings(pattern):
    """Returns every text that a pattern of alternatives, classes and digits matches."""
    choices, branches, at = [""], [], 0

    def group(start):
        depth = 0
        for end in range(start, len(pattern)):
            depth += {"(": 1, ")": -1}.get(pattern[end], 0)
            if depth == 0:
                return end
        raise ValueError(pattern)

    while at < len(pattern):
        if pattern[at] == "|":
            branches, choices, at = branches + choices, [""], at + 1
            continue
        if pattern[at] == "(":
            end = group(at)
            piece = strings(re.sub(r"^\?:", "", pattern[at + 1:end]))
        elif pattern[at] == "[":
            end = pattern.index("]", at)
            piece = [digit for digit in "0123456789" if re.match(pattern[at:end + 1], digit)]
        elif pattern[at] == "\\":
            end, piece = at + 1, list("0123456789")
        else:
            end, piece = at, [pattern[at]]
        at = end + 1
        choices = [before + after for before, after in itertools.product(choices, piece)]
    return branches + choices


def prefixes(plan):
    """Returns the international prefixes of a region: the usual one and up to four others."""
    every = strings(plan.international_prefix)
    usual = [plan.preferred_international_prefix] if plan.preferred_international_prefix else []
    return list(dict.fromkeys(usual + every[::max(1, len(every) // 4)]))


def international(region, plan):
    """Yields calls abroad as they are dialled in a region."""
    for prefix in prefixes(plan):
        for foreign in FOREIGN:
            if foreign.country_code == plan.country_code:
                continue
            written = library.format_number(foreign, Format.INTERNATIONAL)[1:]
            yield "abroad", f"{prefix} {written}", foreign
            yield "abroad digits", prefix + e164(foreign)[1:], foreign
    foreign = FOREIGN[plan.country_code == 44]
    yield "plus", library.format_number(foreign, Format.INTERNATIONAL), foreign


def national(region, plan, number):
    """Yields one number as it is written inside and outside its region."""
    whole, code = e164(number), str(number.country_code)
    own = library.national_significant_number(number)
    inside = library.format_number(number, Format.NATIONAL)
    outside = library.format_number(number, Format.INTERNATIONAL)
    digits = "".join(character for character in inside if character.isdigit())
    yield "plus", whole
    yield "plus spaced", outside
    yield "00", "00" + whole[1:]
    yield "national", inside
    yield "national digits", digits
    yield "significant", own
    yield "no plus", whole[1:]
    yield "no plus spaced", outside[1:]
    if plan.national_prefix:
        yield "zero in brackets", f"+{code} ({plan.national_prefix}) {own}"
        yield "national", plan.national_prefix + own
    for carrier in {"BR": ("15", "31", "41"), "CO": ("5", "7")}.get(region, ()):
        yield "carrier", library.format_national_number_with_carrier_code(number, carrier)
    for written, extension in ((inside, "x12"), (outside, " ext. 12"), (whole, ";ext=12"),
                               (inside, " \u0434\u043e\u0431. 12"), (whole, " #12")):
        yield "extension", written + extension


def spreadsheet(number):
    """Yields the forms that a spreadsheet makes of a number; none of them may be stored."""
    whole = e164(number)
    digits = whole[1:]
    inside = library.format_number(number, Format.NATIONAL)
    for text in (whole, digits, inside):
        yield "decimal", text + ".0"
    mantissa = digits[0] + "." + digits[1:]
    exponent = f"E+{len(digits) - 1}"
    for text in (mantissa + exponent, mantissa[:7].replace(".", ",") + exponent,
                 "+" + mantissa + exponent.replace("+", "").lower()):
        yield "scientific", text


def forms():
    """Yields rows: form, default country, text, intended number, number that the library reads."""
    seen = set()
    for region in sorted(library.SUPPORTED_REGIONS):
        plan = library.PhoneMetadata.metadata_for_region(region)
        rows = [(form, text, e164(number)) for form, text, number in international(region, plan)]
        for kind in (Type.FIXED_LINE, Type.MOBILE):
            number = library.example_number_for_type(region, kind)
            if number is None:
                continue
            rows += [(form, text, e164(number)) for form, text in national(region, plan, number)]
            rows += [(form, text, e164(number)) for form, text in spreadsheet(number)]
        for form, text, meant in rows:
            if (region, text) in seen:
                continue
            seen.add((region, text))
            refused = form in ("decimal", "scientific")
            read = "-" if refused else oracle(text, region)
            yield form, region, text, meant, "=" if read == meant else read
