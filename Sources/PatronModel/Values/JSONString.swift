/// Strings of JSON that is written without a message descriptor.
package enum JSONString {
  /// Returns a text in quotation marks. `isEscaped` decides which other characters are written as
  /// `\u` and four hex digits: at least those below U+0020, and none above U+FFFF.
  package static func quoted(
    _ text: String,
    escaping isEscaped: (Unicode.Scalar) -> Bool
  ) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if isEscaped(scalar) {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
