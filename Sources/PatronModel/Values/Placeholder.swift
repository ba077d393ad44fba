/// The recognition of placeholders: texts that programs write instead of an identifier. Taking one
/// for an identifier would make one record of many. This is the only table of them, for customers,
/// orders, refunds, shipments, checkouts and events.
///
/// It matches whole texts that machines write by themselves. An identifier that merely contains
/// such a word (`NA-1001`, `guest-42`) is valid. Case, space, surrounding punctuation and
/// full-width forms do not matter.
package enum Placeholder {
  /// Returns true if the text is a placeholder.
  package static func matches(_ text: String) -> Bool {
    let shape = Shape(of: text)
    if shape.isOrdinary || text.isEmpty { return false }
    let plain = narrow(text)
    if isBlank(plain) || isZero(plain) { return true }
    let folded = TextForm.folded(plain)
    if numbers.contains(folded) || words.contains(core(of: folded)) { return true }
    guard shape.hasSigns else { return false }
    let characters = Array(folded.utf8)
    return isConverted(characters) || isTemplate(characters) || isSpreadsheetError(folded)
      || isProgramText(folded) || isPathToNothing(folded)
  }

  /// Returns the error about a placeholder.
  package static func error(_ text: String) -> RuleError {
    RuleError(
      reason: "EXTERNAL_ID_PLACEHOLDER",
      message: isConverted(Array(TextForm.folded(narrow(text)).utf8))
        ? "It is what a spreadsheet or a data frame makes of a whole number. Format the column as "
          + "text and export it again, or let the store's settings allow the value."
        : "It is a placeholder and identifies nothing. Leave it out where there is no "
          + "identifier, or let the store's settings allow it.",
      given: text
    )
  }

  /// The kinds of characters in a text, which suffice to accept most identifiers.
  private struct Shape {
    /// True if no placeholder consists of such characters.
    let isOrdinary: Bool
    /// True if there are characters other than ASCII letters, digits, `-` and `_`.
    let hasSigns: Bool

    init(of text: String) {
      var digits = 0
      var letters = 0
      var isZero = true
      var hasAddress = false
      var isPlain = true
      var hasSigns = false
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
          digits += 1
          if byte != UInt8(ascii: "0") { isZero = false }
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
          // An `e` may belong to a number.
          if byte | 0x20 != UInt8(ascii: "e") { letters += 1 }
        case UInt8(ascii: "-"), UInt8(ascii: "_"): break
        case UInt8(ascii: "."), UInt8(ascii: "@"):
          hasSigns = true
          if byte == UInt8(ascii: "@") { hasAddress = hasAddress || digits + letters > 0 }
        default:
          isPlain = false
          hasSigns = true
        }
      }
      self.hasSigns = hasSigns
      // The maximum values of counters have ten or more digits.
      let isNumber = letters == 0 && digits == text.utf8.count
      isOrdinary =
        isPlain && !isZero
        && (letters > 0 || (isNumber && !(10...20).contains(digits)))
        || isPlain && hasAddress && letters > 0
    }
  }
}

// MARK: - Numbers

extension Placeholder {
  /// Numbers that stand for "none", and the extreme integers of databases and languages, to which
  /// greater numbers are clamped.
  private static let numbers: Set<String> = [
    "-1", "-1.0", "2147483647", "-2147483648", "4294967295", "9223372036854775807",
    "-9223372036854775808", "18446744073709551615", "ffffffff-ffff-ffff-ffff-ffffffffffff",
  ]

  /// Returns true for zero in any spelling: `0000`, `0.00`, `-0`, `0e0`, `0x0`, `0000-00-00 00:00`,
  /// the nil UUID.
  private static func isZero(_ text: String) -> Bool {
    var hasZero = false
    var isNumber = true
    for (index, scalar) in text.unicodeScalars.enumerated() {
      if let digit = TextForm.digit(scalar) {
        guard digit == 0 else { return false }
        hasZero = true
      } else if isFiller(scalar) {
        continue
      } else {
        // A letter of hexadecimal or scientific notation may occur once.
        guard hasZero, index > 0, isNumber, "exEX".unicodeScalars.contains(scalar) else {
          return false
        }
        isNumber = false
      }
    }
    return hasZero
  }

  /// Returns true for an integer that was converted to another number format.
  private static func isConverted(_ text: Characters) -> Bool {
    isScientific(text) || isDecimal(text)
  }

  /// Returns true for `7210448301122.0` and `42,0`, which data frames make of whole numbers in a
  /// column with gaps.
  private static func isDecimal(_ text: Characters) -> Bool {
    var rest = text[...]
    guard rest.skip(digits) > 0, rest.skip(".,", atMost: 1) == 1 else { return false }
    return rest.skip("0") > 0 && rest.isEmpty
  }

  /// Returns true for scientific notation, which spreadsheets and languages make of a long number:
  /// `7.21045E+12`, `7,21045e+12`, `1E+21`, and Java's `7.21045E12`. Codes such as `E12`, `1e5` and
  /// `1E-05` are identifiers.
  private static func isScientific(_ text: Characters) -> Bool {
    var rest = text[...]
    _ = rest.skip("+-", atMost: 1)
    guard (1...3).contains(rest.skip(digits)) else { return false }
    let hasFraction = rest.skip(".,", atMost: 1) == 1
    if hasFraction, rest.skip(digits) == 0 { return false }
    guard rest.skip("e", atMost: 1) == 1 else { return false }
    let isPositive = rest.skip("+", atMost: 1) == 1
    if !isPositive { _ = rest.skip("-", atMost: 1) }
    return (1...3).contains(rest.skip(digits)) && rest.isEmpty && (isPositive || hasFraction)
  }

  private static let digits = "0123456789"
  private static let names = "abcdefghijklmnopqrstuvwxyz_."
}

// MARK: - Templates, spreadsheets and programs

extension Placeholder {
  private typealias Characters = [UInt8]

  /// The pairs of characters that occur only in templates.
  private static let marks: Set<[UInt8]> = Set(
    ["{{", "}}", "{%", "%}", "${", "#{", "<%", "%>", "[[", "]]", "*|", "|*", "%%"].map {
      Array($0.utf8)
    }
  )

  /// Returns true for text with an unfilled template, which would be equal in every record.
  private static func isTemplate(_ text: Characters) -> Bool {
    for index in text.indices.dropLast() where marks.contains([text[index], text[index + 1]]) {
      return true
    }
    return switch text.first {
    case UInt8(ascii: "%"): isFormat(text[1...]) || isVariable(text[1...])
    case UInt8(ascii: "<"), UInt8(ascii: "["), UInt8(ascii: "{"): isBracketed(text[...])
    case UInt8(ascii: "$"): isShellVariable(text[1...])
    case UInt8(ascii: ":"): isRouteParameter(text[1...])
    default: false
    }
  }

  /// Returns true for `%s`, `%05d`, `%1$s`, `%.2f`.
  private static func isFormat(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    rest.skip("-+#0 ")
    rest.skip(digits)
    if rest.skip(".", atMost: 1) == 1 { rest.skip(digits) } else { rest.skip("$", atMost: 1) }
    return rest.skip("sdiufgxcpvq@", atMost: 1) == 1 && rest.isEmpty
  }

  /// Returns true for `%CUSTOMER_ID%`, `%(customer_id)s`.
  private static func isVariable(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    rest.skip("(", atMost: 1)
    guard rest.skip(names) > 0, rest.skip(")%", atMost: 1) == 1 else { return false }
    rest.skip("s", atMost: 1)
    return rest.isEmpty
  }

  /// Returns true for `<id>`, `[customer id]`, `{0}`. Braces around more digits belong to a GUID.
  private static func isBracketed(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    rest.skip("<[{")
    if rest.skip(names + "- ") == 0 { rest.skip(digits, atMost: 1) }
    return rest.skip(">]}") > 0 && rest.isEmpty
  }

  /// Returns true for `$customer_id`, `$customer->id`, `$row['id']`, `$1`.
  private static func isShellVariable(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    if rest.skip(digits, atMost: 1) == 1 { return rest.isEmpty }
    return rest.skip(names + "->[]'\"") > 0 && rest.isEmpty
  }

  /// Returns true for `:id`, `:customer_id`.
  private static func isRouteParameter(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    rest.skip(names)
    return rest.isEmpty && text.suffix(2) == Array("id".utf8)[...]
  }

  /// Returns true for `#REF!`, `#¡VALOR!`, `#DIV/0!`, `#N/A` and its translations, and
  /// LibreOffice's `Err:502`.
  private static func isSpreadsheetError(_ text: String) -> Bool {
    if text.hasPrefix("err:") {
      return text.utf8.count == 7
        && text.utf8.dropFirst(4).allSatisfy { (0x30...0x39).contains($0) }
    }
    guard text.hasPrefix("#") else { return false }
    let rest = String(text.dropFirst())
    if spreadsheetWords.contains(core(of: rest)) { return true }
    guard let last = rest.last, last == "!" || last == "?" else { return false }
    return rest.dropLast().unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || "/0_ '\u{A1}\u{BF}".unicodeScalars.contains($0)
    }
  }

  /// The words behind `#` in spreadsheets' "not available" errors, in several languages.
  private static let spreadsheetWords: Set<String> = [
    "n/a", "nv", "n/d", "n/disp", "n/b", "i/t", "yok", "hi\u{E1}nyzik", "saknas", "puuttuu",
    "\u{43D}/\u{434}", "\u{3B4}/\u{3C5}", "getting data", "spill", "calc",
    "ind", "qnan", "snan", "inf", "nan",
  ]

  /// Returns true for a path to a missing value: `gid://shopify/Customer/undefined`,
  /// `customer:null`, and `gid://shopify/Customer/`. Other addresses may end with a slash.
  private static func isPathToNothing(_ text: String) -> Bool {
    let separators: [Unicode.Scalar] = ["/", ":", "|", "="]
    let scalars = text.unicodeScalars
    guard let separator = scalars.lastIndex(where: { separators.contains($0) })
    else { return false }
    let end = core(of: String(scalars[scalars.index(after: separator)...]))
    return end.isEmpty ? text.hasPrefix("gid://") : lostValues.contains(end)
  }

  /// The words of programming languages for a missing value.
  private static let lostValues: Set<String> = [
    "null", "nil", "none", "undefined", "nan", "nat", "dbnull", "object object",
  ]

  /// Returns true for objects, functions and error messages instead of a value.
  private static func isProgramText(_ text: String) -> Bool {
    let beginnings = [
      "[object ", "function (", "function(", "() =>", "()=>", "object id #", "#<", "<function ",
      "<built-in ", "<bound method ", "<class ", "liquid error", "liquid syntax error", "error:",
      "exception:", "traceback ", "warning: ", "notice: ", "undefined variable", "1.#",
      "nan(", "-nan(", "system.object", "system.dbnull", "system.string",
    ]
    if beginnings.contains(where: text.hasPrefix) { return true }
    if text.hasPrefix("<"), text.contains(" object at 0x") { return true }
    return text == "\\n" || (text.hasPrefix("function ") && text.utf8.contains(0x28))
  }
}

// MARK: - Words

extension Placeholder {
  /// The words that languages, databases, shops and people write instead of an identifier, without
  /// surrounding punctuation. `-` and `_` between words count as a space.
  private static let words: Set<String> = [
    // Languages, databases and data frames.
    "null", "nil", "nul", "none", "undefined", "undef", "unset", "dbnull", "nullptr", "nothing",
    "nonetype", "nat", "nan", "inf", "infinity", "na", "n/a", "n.a", "n a", "n\\a", "n/d", "n.d",
    "object", "array", "true", "false", "empty", "blank", "missing", "null null",
    "undefined undefined", "nbsp", "n / a",
    // Names of the field itself.
    "customer id", "customerid", "customer.id", "external id", "externalid", "user id", "userid",
    "your customer id", "your id",
    // People.
    "unknown", "unknown user", "unknown customer", "guest", "guest user", "guest customer",
    "guest checkout", "anonymous", "anonymous user", "anonymous customer", "anon", "nobody",
    "not available", "not applicable", "not set", "not defined", "not specified", "not found",
    "not provided", "no id", "no customer", "no value", "no data", "no user", "loading", "error",
    "tbd",
    // Other languages: unknown, guest, anonymous, none, and the booleans of their spreadsheets.
    "unbekannt", "gast", "anonym", "keine", "keiner", "wahr", "falsch", "inconnu", "invit\u{E9}",
    "anonyme", "aucun", "aucune", "vrai", "faux", "desconocido", "invitado",
    "an\u{F3}nimo", "anonimo", "ninguno", "verdadero", "falso", "sconosciuto", "ospite", "nessuno",
    "desconhecido", "convidado", "an\u{F4}nimo", "nenhum", "verdadeiro", "onbekend",
    "anoniem", "geen", "nieznany", "go\u{15B}\u{107}", "brak", "ok\u{E4}nd", "g\u{E4}st", "ukjent",
    "ukendt", "g\u{E6}st", "gjest", "tuntematon", "bilinmiyor", "misafir",
    "\u{43D}\u{435}\u{438}\u{437}\u{432}\u{435}\u{441}\u{442}\u{43D}\u{43E}",
    "\u{433}\u{43E}\u{441}\u{442}\u{44C}", "\u{43D}\u{435}\u{442}", "\u{4E0D}\u{660E}",
    "\u{672A}\u{77E5}", "\u{65E0}", "\u{7121}", "\u{306A}\u{3057}", "\u{30B2}\u{30B9}\u{30C8}",
    "\u{6E38}\u{5BA2}", "\u{8A2A}\u{5BA2}", "\u{533F}\u{540D}",
    // Not given, unknown and none: western Europe; ko, ar, he, vi, th; hu, cs, el, uk, ru, tr, ro,
    // hi, id.
    "nicht angegeben", "keine angabe", "nicht bekannt", "kein wert", "non renseign\u{E9}",
    "non renseigne", "non sp\u{E9}cifi\u{E9}", "sin dato", "sin datos", "sin especificar",
    "no aplica", "no disponible", "no especificado", "n\u{E3}o informado", "nao informado",
    "n\u{E3}o informada", "n\u{E3}o se aplica", "n\u{E3}o dispon\u{ED}vel", "non disponibile",
    "non specificato", "niet bekend", "niet opgegeven", "nie podano", "brak danych", "ikke oppgitt",
    "ej angiven", "ei tiedossa", "\u{C5C6}\u{C74C}", "\u{C54C} \u{C218} \u{C5C6}\u{C74C}",
    "\u{BBF8}\u{C0C1}", "\u{BE44}\u{D68C}\u{C6D0}",
    "\u{63A}\u{64A}\u{631} \u{645}\u{639}\u{631}\u{648}\u{641}",
    "\u{63A}\u{64A}\u{631} \u{645}\u{62A}\u{648}\u{641}\u{631}",
    "\u{644}\u{627} \u{64A}\u{648}\u{62C}\u{62F}", "\u{645}\u{62C}\u{647}\u{648}\u{644}",
    "\u{5DC}\u{5D0} \u{5D9}\u{5D3}\u{5D5}\u{5E2}", "\u{5DC}\u{5D0} \u{5D6}\u{5DE}\u{5D9}\u{5DF}",
    "\u{5D0}\u{5D9}\u{5DF}", "kh\u{F4}ng c\u{F3}", "kh\u{F4}ng r\u{F5}", "kh\u{F4}ng bi\u{1EBF}t",
    "kh\u{F4}ng x\u{E1}c \u{111}\u{1ECB}nh", "\u{E44}\u{E21}\u{E48}\u{E21}\u{E35}",
    "\u{E44}\u{E21}\u{E48}\u{E17}\u{E23}\u{E32}\u{E1A}",
    "\u{E44}\u{E21}\u{E48}\u{E23}\u{E30}\u{E1A}\u{E38}", "ismeretlen", "nincs", "nincs adat",
    "nezn\u{E1}m\u{FD}", "nezn\u{E1}m\u{E1}", "nezn\u{E1}m\u{E9}", "neznamy",
    "\u{17E}\u{E1}dn\u{FD}", "\u{17E}\u{E1}dn\u{E1}", "\u{17E}\u{E1}dn\u{E9}", "neuvedeno",
    "nen\u{ED}", "\u{3AC}\u{3B3}\u{3BD}\u{3C9}\u{3C3}\u{3C4}\u{3BF}",
    "\u{3AC}\u{3B3}\u{3BD}\u{3C9}\u{3C3}\u{3C4}\u{3BF}\u{3C2}",
    "\u{3AC}\u{3B3}\u{3BD}\u{3C9}\u{3C3}\u{3C4}\u{3B7}",
    "\u{3B1}\u{3B3}\u{3BD}\u{3C9}\u{3C3}\u{3C4}\u{3BF}",
    "\u{3B1}\u{3B3}\u{3BD}\u{3C9}\u{3C3}\u{3C4}\u{3BF}\u{3C2}",
    "\u{3B1}\u{3B3}\u{3BD}\u{3C9}\u{3C3}\u{3C4}\u{3B7}",
    "\u{3BA}\u{3B1}\u{3BD}\u{3AD}\u{3BD}\u{3B1}",
    "\u{3BA}\u{3B1}\u{3BD}\u{3AD}\u{3BD}\u{3B1}\u{3C2}", "\u{3BA}\u{3B1}\u{3BC}\u{3AF}\u{3B1}",
    "\u{3B4}\u{3B5}\u{3BD} \u{3C5}\u{3C0}\u{3AC}\u{3C1}\u{3C7}\u{3B5}\u{3B9}",
    "\u{43D}\u{435}\u{432}\u{456}\u{434}\u{43E}\u{43C}\u{43E}",
    "\u{43D}\u{435}\u{43C}\u{430}\u{454}",
    "\u{43D}\u{435} \u{443}\u{43A}\u{430}\u{437}\u{430}\u{43D}\u{43E}",
    "\u{43E}\u{442}\u{441}\u{443}\u{442}\u{441}\u{442}\u{432}\u{443}\u{435}\u{442}", "yok",
    "necunoscut", "niciunul", "\u{905}\u{91C}\u{94D}\u{91E}\u{93E}\u{924}", "tidak ada",
    "tidak diketahui",
  ]

  /// Returns true for punctuation and space only: `-`, `--`, `.`, `?`, `########`.
  private static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(isFiller) }

  /// Returns the text without punctuation at its ends, with single spaces between words.
  private static func core(of text: String) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isFiller($0) }),
      let last = scalars.lastIndex(where: { !isFiller($0) })
    else { return "" }
    return scalars[first...last]
      .split { $0 == "-" || $0 == "_" || $0.isWhitespace }
      .map { String($0) }.joined(separator: " ")
  }

  /// Returns true for characters without meaning: punctuation, signs and space.
  private static func isFiller(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.category {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol,
      .modifierSymbol, .spaceSeparator, .format:
      true
    default: false
    }
  }

  /// Returns the text with full-width letters, digits and signs in ASCII.
  private static func narrow(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { (0xFF01...0xFF5E).contains($0.value) }) else {
      return text
    }
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isWide = (0xFF01...0xFF5E).contains(scalar.value)
      scalars.append(isWide ? Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar : scalar)
    }
    return String(scalars)
  }
}

extension ArraySlice<UInt8> {
  /// Removes characters of a set from the beginning. Returns the number removed.
  @discardableResult
  fileprivate mutating func skip(_ set: String, atMost limit: Int = .max) -> Int {
    var count = 0
    while count < limit, let next = first, set.utf8.contains(next) {
      removeFirst()
      count += 1
    }
    return count
  }
}
