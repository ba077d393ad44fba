/// The metadata of a request that is being read: undecoded, in the read buffer. Reading the
/// envelope checked that the pairs are well formed and UTF-8. Valid as long as the read buffer is:
/// copy values that must live longer.
public struct MetadataView {
  /// The envelope's bytes from its first metadata field on.
  private let fields: UnsafeRawBufferPointer
  /// The number of pairs.
  public let count: Int

  /// The field number of `metadata` in a request envelope.
  static let field: UInt32 = 5

  init(fields: UnsafeRawBufferPointer, count: Int) {
    self.fields = fields
    self.count = count
  }

  /// Creates an empty view.
  public init() { self.init(fields: UnsafeRawBufferPointer(start: nil, count: 0), count: 0) }

  /// The first value of `key`, or nil. ASCII case is ignored.
  public subscript(key: String) -> String? {
    if count == 0 { return nil }
    var found: String?
    forEach { candidate, value in
      guard MetadataView.matches(candidate, key) else { return true }
      found = String(decoding: value, as: UTF8.self)
      return false
    }
    return found
  }

  /// All pairs, decoded, with lower-case keys.
  public var all: Metadata {
    var metadata = Metadata()
    forEach { key, value in
      metadata.append(String(decoding: key, as: UTF8.self), String(decoding: value, as: UTF8.self))
      return true
    }
    return metadata
  }

  /// Calls `body` for every pair until it returns false. The pointers are slices of the read
  /// buffer.
  public func forEach(
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool
  ) {
    if count == 0 { return }
    var reader = WireReader(fields)
    // RequestView validated the bytes, so this does not throw; nothing is lost if it does.
    try? MetadataView.scan(&reader, body)
  }

  private static func scan(
    _ reader: inout WireReader,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
  ) throws(EnvelopeError) {
    while let tag = try reader.nextTag() {
      guard tag.field == field, tag.wireType == WireReader.WireType.lengthDelimited else {
        try reader.skip(tag)
        continue
      }
      let (key, value) = try pair(try reader.lengthDelimited())
      guard body(key, value) else { return }
    }
  }

  /// Reads one `KeyValue { string key = 1; string value = 2; }`.
  static func pair(
    _ bytes: UnsafeRawBufferPointer
  ) throws(EnvelopeError) -> (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    var reader = WireReader(bytes)
    var key = UnsafeRawBufferPointer(start: nil, count: 0)
    var value = key
    while let tag = try reader.nextTag() {
      switch (tag.field, tag.wireType) {
      case (1, WireReader.WireType.lengthDelimited): key = try reader.lengthDelimited()
      case (2, WireReader.WireType.lengthDelimited): value = try reader.lengthDelimited()
      default: try reader.skip(tag)
      }
    }
    return (key, value)
  }

  private static func matches(_ bytes: UnsafeRawBufferPointer, _ key: String) -> Bool {
    var key = key
    return key.withUTF8 { wanted in
      guard wanted.count == bytes.count else { return false }
      return zip(bytes, wanted).allSatisfy { lower($0) == lower($1) }
    }
  }

  static func lower(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
  }
}
