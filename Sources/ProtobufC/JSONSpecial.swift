internal import CProtobufC

/// The messages of `google.protobuf` that have a JSON form of their own.
enum JSONSpecial {
  case timestamp
  case duration
  case fieldMask
  case any
  case wrapper

  /// Creates the form of a message type, or nil for an ordinary object.
  init?(_ descriptor: MessageDescriptor) {
    let name = descriptor.pointer.pointee.name
    guard let name, hasPrefix(name, "google.protobuf.") else { return nil }
    switch String(cString: name + 16) {
    case "Timestamp": self = .timestamp
    case "Duration": self = .duration
    case "FieldMask": self = .fieldMask
    case "Any": self = .any
    case "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value",
      "BoolValue", "StringValue", "BytesValue":
      self = .wrapper
    default: return nil
    }
  }
}

private func hasPrefix(_ name: UnsafePointer<CChar>, _ prefix: StaticString) -> Bool {
  for index in 0..<prefix.utf8CodeUnitCount {
    // Stops at the terminator of a shorter name, which differs from every byte of the prefix.
    guard UInt8(bitPattern: name[index]) == prefix.utf8Start[index] else { return false }
  }
  return true
}
