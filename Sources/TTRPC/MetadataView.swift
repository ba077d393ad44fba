/// The metadata of a request that is being read: undecoded, in the read buffer. Its pairs were
/// checked to be well formed and UTF-8 when the envelope was read. Copy what has to live longer.
public struct MetadataView {
  /// The envelope's bytes from its first metadata field on.
  private let fields: UnsafeRawBufferPointer
  /// How many pairs there are.
  public let count: Int

  /// The field number of `metadata` in a request envelope.
  static let field: UInt32 = 5

  init(fields: UnsafeRawBufferPointer, count: Int) {
    self.fields = fields
    self.count = count
  }

  /// No metadata.
  public init() { self.init(fields: UnsafeRawBufferPointer(start: nil, count: 0), count: 0) }

  /// The first value of `key`, which is compared without regard to ASCII case.
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

  /// Every pair, decoded, with lower-case keys.
  public var all: Metadata {
    var metadata = Metadata()
    forEach { key, value in
      metadata.append(String(decoding: key, as: UTF8.self), String(decoding: value, as: UTF8.self))
      return true
    }
    return metadata
  }

  /// Calls `body` for every pair until it returns false.
  public func forEach(
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool
  ) {
    if count == 0 { return }
    var reader = WireReader(fields)
    // The bytes were validated by RequestView, so this cannot throw; nothing is lost if it does.
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

  /// Reads one `KeyValue`.
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

  private static func lower(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
  }
}
