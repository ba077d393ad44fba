/// A JSON value whose members keep their order.
indirect enum JSONValue {
  case object([(String, JSONValue)])
  case array([JSONValue])
  case string(String)
  case integer(UInt64)
  case number(Double)
  case bool(Bool)
  case null

  /// The value as text, indented by two spaces per level.
  var text: String {
    var output = ""
    write(to: &output, indent: "")
    return output
  }

  private func write(to output: inout String, indent: String) {
    switch self {
    case .object(let members):
      Self.writeList(members, "{", "}", to: &output, indent) { member, output, inner in
        Self.writeString(member.0, to: &output)
        output += ": "
        member.1.write(to: &output, indent: inner)
      }
    case .array(let values):
      Self.writeList(values, "[", "]", to: &output, indent) { value, output, inner in
        value.write(to: &output, indent: inner)
      }
    case .string(let text): Self.writeString(text, to: &output)
    case .integer(let value): output += "\(value)"
    case .number(let value): output += value.isFinite ? "\(value)" : "null"
    case .bool(let value): output += value ? "true" : "false"
    case .null: output += "null"
    }
  }

  private static func writeList<Element>(
    _ elements: [Element],
    _ open: String,
    _ close: String,
    to output: inout String,
    _ indent: String,
    _ body: (Element, inout String, String) -> Void
  ) {
    if elements.isEmpty {
      output += open + close
      return
    }
    let inner = indent + "  "
    output += open
    for (index, element) in elements.enumerated() {
      output += index == 0 ? "\n" : ",\n"
      output += inner
      body(element, &output, inner)
    }
    output += "\n" + indent + close
  }

  private static func writeString(_ text: String, to output: inout String) {
    output += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\t": output += "\\t"
      case "\r": output += "\\r"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}
