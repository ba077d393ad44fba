internal import CProtobufC

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
