/// The conversion of domain names between Unicode and ASCII (A-labels, RFC 5890).
enum DomainName {
  /// Maximum length of a label in ASCII, in octets (RFC 1035).
  static let labelLimit = 63

  /// Returns `domain` in lower-case ASCII, or nil unless it has two or more labels, each
  /// well-formed.
  static func ascii(_ domain: String) -> String? {
    let labels = TextForm.folded(narrow(domain)).unicodeScalars.split(
      omittingEmptySubsequences: false,
      whereSeparator: isDot
    )
    guard labels.count >= 2 else { return nil }
    var ascii: [String] = []
    for label in labels {
      guard let form = asciiLabel(label) else { return nil }
      ascii.append(form)
    }
    return ascii.joined(separator: ".")
  }

  /// Returns `ascii` with its A-labels in Unicode. Labels that are not valid Punycode are
  /// unchanged.
  static func unicode(_ ascii: String) -> String {
    ascii.split(separator: ".", omittingEmptySubsequences: false).map { label in
      guard label.hasPrefix("xn--"), let scalars = Punycode.decode(label.dropFirst(4).utf8) else {
        return String(label)
      }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars)
      return String(text)
    }.joined(separator: ".")
  }

  /// Returns true for ASCII letters and digits, and for letters, marks and numbers of other
  /// scripts.
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.category {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
      true
    default: false
    }
  }

  private static func asciiLabel(_ label: Substring.UnicodeScalarView) -> String? {
    guard let first = label.first, let last = label.last, first != "-", last != "-",
      label.allSatisfy({ isWord($0) || $0 == "-" })
    else { return nil }
    var form = String(Substring(label))
    if !label.allSatisfy(\.isASCII) {
      guard let encoded = Punycode.encode(label) else { return nil }
      form = "xn--" + encoded
    }
    return form.utf8.count <= labelLimit ? form : nil
  }

  /// Returns `domain` with its full-width characters in ASCII. East Asian input methods produce
  /// them. IDNA maps more (UTS 46), but only these are typed.
  private static func narrow(_ domain: String) -> String {
    if domain.utf8.allSatisfy({ $0 < 0x80 }) { return domain }
    var narrow = String.UnicodeScalarView()
    for scalar in domain.unicodeScalars {
      let isWide = ("\u{FF01}"..."\u{FF5E}").contains(scalar)
      narrow.append(isWide ? Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar : scalar)
    }
    return String(narrow)
  }

  /// Returns true for the full stop, and for the ideographic full stops that IDNA maps to it.
  private static func isDot(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "." || scalar == "\u{3002}" || scalar == "\u{FF61}"
  }
}
