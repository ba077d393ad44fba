import ProtobufC
import TestKit

/// Random values of fields, with the extremes more often than chance would have them.
extension SeededRandom {
  /// Returns small numbers, extremes and all between.
  mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value {
    switch below(6) {
    case 0: 0
    case 1: .min
    case 2: .max
    case 3: Value(truncatingIfNeeded: below(300))
    case 4: 0 &- Value(truncatingIfNeeded: below(300))
    default: Value(truncatingIfNeeded: next())
    }
  }

  /// Returns any finite number but -0.0, which libprotobuf-c takes for absent.
  mutating func real() -> Double {
    [0, 1.5, -1e300, .leastNonzeroMagnitude, .infinity][below(5)]
  }

  mutating func text() -> String {
    let pieces = ["", "a", "Zoë", "名前", "🎁", "plain text of some length", "\u{7F}", "\n\"\\"]
    return (0..<below(4)).map { _ in pieces[below(pieces.count)] }.joined()
  }

  mutating func bytes() -> [UInt8] { bytes(below: 20) }

  mutating func maybe<Value>(_ make: (inout SeededRandom) -> Value) -> Value? {
    coin() ? make(&self) : nil
  }

  mutating func list<Value>(_ make: (inout SeededRandom) -> Value) -> [Value] {
    (0..<below(5)).map { _ in make(&self) }
  }
}

extension SeededRandom {
  mutating func color() -> Color { Color(rawValue: [0, 1, 5, 6, 7, 99, -4][below(7)]) }

  mutating func signed() -> Signed { Signed(rawValue: [0, -3, 12][below(3)]) }

  mutating func leaf() -> Leaf {
    var leaf = Leaf()
    leaf.externalID = text()
    leaf.count = integer()
    return leaf
  }

  mutating func scalars() -> Scalars {
    var message = Scalars()
    message.doubleValue = real()
    message.floatValue = Float(real())
    message.int32Value = integer()
    message.int64Value = integer()
    message.uint32Value = integer()
    message.uint64Value = integer()
    message.sint32Value = integer()
    message.sint64Value = integer()
    message.fixed32Value = integer()
    message.fixed64Value = integer()
    message.sfixed32Value = integer()
    message.sfixed64Value = integer()
    message.boolValue = coin()
    message.stringValue = text()
    message.bytesValue = bytes()
    message.color = color()
    message.signed = signed()
    return message
  }

  mutating func optionals() -> Optionals {
    var message = Optionals()
    message.doubleValue = maybe { $0.real() }
    message.floatValue = maybe { Float($0.real()) }
    message.int32Value = maybe { $0.integer() }
    message.int64Value = maybe { $0.integer() }
    message.uint32Value = maybe { $0.integer() }
    message.uint64Value = maybe { $0.integer() }
    message.sint32Value = maybe { $0.integer() }
    message.sint64Value = maybe { $0.integer() }
    message.fixed32Value = maybe { $0.integer() }
    message.fixed64Value = maybe { $0.integer() }
    message.sfixed32Value = maybe { $0.integer() }
    message.sfixed64Value = maybe { $0.integer() }
    message.boolValue = maybe { $0.coin() }
    message.stringValue = maybe { $0.text() }
    message.bytesValue = maybe { $0.bytes() }
    message.color = maybe { $0.color() }
    message.signedValue = maybe { $0.signed() }
    message.leaf = maybe { $0.leaf() }
    return message
  }

  mutating func repeateds() -> Repeateds {
    var message = Repeateds()
    message.doubles = list { $0.real() }
    message.floats = list { Float($0.real()) }
    message.int32s = list { $0.integer() }
    message.int64s = list { $0.integer() }
    message.uint32s = list { $0.integer() }
    message.uint64s = list { $0.integer() }
    message.sint32s = list { $0.integer() }
    message.sint64s = list { $0.integer() }
    message.fixed32s = list { $0.integer() }
    message.fixed64s = list { $0.integer() }
    message.sfixed32s = list { $0.integer() }
    message.sfixed64s = list { $0.integer() }
    message.bools = list { $0.coin() }
    message.strings = list { $0.text() }
    message.blobs = list { $0.bytes() }
    message.colors = list { $0.color() }
    message.leaves = list { $0.leaf() }
    return message
  }

  mutating func maps() -> Maps {
    var message = Maps()
    for _ in 0..<below(4) {
      message.names[text()] = text()
      message.leaves[text()] = leaf()
      message.numbers[integer()] = real()
      message.switches[coin()] = color()
      message.customBlobs[integer()] = bytes()
    }
    return message
  }

  mutating func choices() -> Choices {
    var message = Choices()
    switch below(9) {
    case 0: message.kind = .text(text())
    case 1: message.kind = .number(integer())
    case 2: message.kind = .flag(coin())
    case 3: message.kind = .real(real())
    case 4: message.kind = .blob(bytes())
    case 5: message.kind = .leaf(leaf())
    case 6: message.kind = .color(color())
    case 7: message.kind = .detailID(Choices.Detail())
    default: message.kind = nil
    }
    message.class = text()
    message.default = text()
    message.self_ = text()
    message.imageURL = text()
    message.clientIP = text()
    if coin() { message.detail = .second(.with { $0.type = .self_ }) }
    return message
  }

  mutating func envelope() -> Envelope {
    var message = Envelope()
    message.scalars = maybe { $0.scalars() }
    message.optionals = maybe { $0.optionals() }
    message.repeateds = maybe { $0.repeateds() }
    message.maps = maybe { $0.maps() }
    message.choices = list { $0.choices() }
    return message
  }
}
