/// UUIDs of version 5 (RFC 9562): the same name always gives the same UUID.
enum NamedUUID {
  /// The namespace of Patron's events. Stored ids depend on it: never change it.
  static let patronEvents: [UInt8] = [
    0x41, 0x36, 0xD6, 0x26, 0xDA, 0x20, 0x46, 0x8B, 0xB8, 0x51, 0x4D, 0x8A, 0x4D, 0x19, 0x1F, 0xA6,
  ]

  /// Returns the UUID of `name` in `namespace` (16 bytes), in lower case with hyphens.
  static func make(namespace: [UInt8], name: some Sequence<UInt8>) -> String {
    var hash = SHA1()
    hash.update(namespace)
    hash.update(name)
    var bytes = Array(hash.finish().prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x50
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 0x0F)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// The derivation of ids for events whose callers give none.
package enum EventID {
  /// Returns an id that depends on the content alone, so that a blind repeat of an event has the
  /// same id.
  ///
  /// - Parameters:
  ///   - source: The source of the event.
  ///   - sourceName: The application; may be empty.
  ///   - type: The event type.
  ///   - customerID: The customer of the event.
  ///   - occurredAt: The time of the event as the caller gave it.
  ///   - properties: All other data that distinguishes two events, in a deterministic encoding:
  ///     sort properties by name.
  /// - Returns: A UUID of version 5, 36 characters.
  package static func derived(
    source: EventSource,
    sourceName: String,
    type: String,
    customerID: Int64,
    occurredAt: Micros,
    properties: some Collection<UInt8>
  ) -> String {
    var name: [UInt8] = []
    append(UInt64(source.rawValue), to: &name)
    // Lengths come first: otherwise the end of one text could pass for the start of the next.
    append(UInt64(sourceName.utf8.count), to: &name)
    name += sourceName.utf8
    append(UInt64(type.utf8.count), to: &name)
    name += type.utf8
    append(UInt64(bitPattern: customerID), to: &name)
    append(UInt64(bitPattern: occurredAt), to: &name)
    name += properties
    return NamedUUID.make(namespace: NamedUUID.patronEvents, name: name)
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }
}
