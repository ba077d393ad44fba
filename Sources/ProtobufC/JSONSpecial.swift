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

extension FieldDescriptor {
  /// The name in JSON: `externalId` for `external_id`.
  var jsonName: String {
    var bytes = [UInt8]()
    appendJSONName(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  func appendJSONName(to output: inout [UInt8]) {
    guard var cursor = UnsafePointer<CChar>(pointer.pointee.name) else { return }
    var upper = false
    while cursor.pointee != 0 {
      let byte = UInt8(bitPattern: cursor.pointee)
      if byte == UInt8(ascii: "_") {
        upper = true
      } else {
        let isLower = byte &- UInt8(ascii: "a") < 26
        output.append(upper && isLower ? byte - 32 : byte)
        upper = false
      }
      cursor += 1
    }
  }

  /// Returns true if `key` is the name in the proto file or the name in JSON.
  func isNamed(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let name = UnsafePointer<CChar>(pointer.pointee.name) else { return false }
    return Self.equal(name, key) || Self.equalCamel(name, key)
  }

  private static func equal(_ name: UnsafePointer<CChar>, _ key: UnsafeBufferPointer<UInt8>)
    -> Bool
  {
    for (index, byte) in key.enumerated() where UInt8(bitPattern: name[index]) != byte {
      return false
    }
    return name[key.count] == 0
  }

  private static func equalCamel(_ name: UnsafePointer<CChar>, _ key: UnsafeBufferPointer<UInt8>)
    -> Bool
  {
    var cursor = name
    var index = 0
    var upper = false
    while cursor.pointee != 0 {
      var byte = UInt8(bitPattern: cursor.pointee)
      cursor += 1
      if byte == UInt8(ascii: "_") {
        upper = true
        continue
      }
      if upper && byte &- UInt8(ascii: "a") < 26 { byte -= 32 }
      upper = false
      guard index < key.count, key[index] == byte else { return false }
      index += 1
    }
    return index == key.count
  }

  /// ``isMap``, with a fast path for fields that are not maps.
  var isJSONMap: Bool {
    guard isRepeated, pointer.pointee.type == PROTOBUF_C_TYPE_MESSAGE,
      let entry = message, entry.pointer.pointee.n_fields == 2
    else { return false }
    return isMap
  }
}

extension MessageDescriptor {
  /// Returns the field at `index`, in order of number.
  func field(at index: Int) -> FieldDescriptor { FieldDescriptor(pointer.pointee.fields + index) }

  /// The number of fields.
  var fieldCount: Int { Int(pointer.pointee.n_fields) }

  /// Returns the index of the field named `key`, or nil. Texts mostly have the order of the proto
  /// file, so the search begins at `hint`.
  func index(ofKey key: UnsafeBufferPointer<UInt8>, hint: Int) -> Int? {
    let count = fieldCount
    for step in 0..<count {
      let index = (hint + step) % count
      if field(at: index).isNamed(key) { return index }
    }
    return nil
  }
}

/// The conversion of one part of a field mask to lower camel case and back.
enum JSONMaskPath {
  /// Returns the lower camel case of a path, `defaultAddress.zip` for `default_address.zip`, or nil
  /// if reading it back would give another path.
  static func camel(_ path: String) -> String? {
    var result = ""
    var upper = false
    for scalar in path.unicodeScalars {
      if scalar == "_" {
        if upper { return nil }
        upper = true
      } else if upper {
        guard ("a"..."z").contains(scalar) else { return nil }
        result += scalar.properties.uppercaseMapping
        upper = false
      } else {
        if ("A"..."Z").contains(scalar) { return nil }
        result.unicodeScalars.append(scalar)
      }
    }
    return upper ? nil : result
  }

  /// Returns the snake case of a path, the inverse of ``camel(_:)``, or nil if it has an
  /// underscore.
  static func snake(_ path: some StringProtocol) -> String? {
    var result = ""
    for scalar in path.unicodeScalars {
      if scalar == "_" { return nil }
      if ("A"..."Z").contains(scalar) {
        result += "_" + scalar.properties.lowercaseMapping
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
