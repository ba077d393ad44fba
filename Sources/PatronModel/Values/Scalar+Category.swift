/// Properties of characters that almost every field of a request asks for. ASCII needs no look-up
/// in the standard library's tables, which profiles showed in every call.
extension Unicode.Scalar {
  /// The general category.
  var category: Unicode.GeneralCategory {
    isASCII ? Self.asciiCategories[Int(value)] : properties.generalCategory
  }

  /// True for Unicode white space.
  var isWhitespace: Bool {
    isASCII ? value == 0x20 || (0x09...0x0D).contains(value) : properties.isWhitespace
  }

  private static let asciiCategories: [Unicode.GeneralCategory] = (0..<0x80).map {
    Unicode.Scalar($0 as UInt8).properties.generalCategory
  }
}
