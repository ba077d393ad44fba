/// A `ttrpc.Request` envelope, read in place: every slice points into the frame.
///
///     message Request { string service = 1; string method = 2; bytes payload = 3;
///                       int64 timeout_nano = 4; repeated KeyValue metadata = 5; }
public struct RequestView {
  /// The service's full name as received: compared as bytes, not checked to be UTF-8.
  public private(set) var service = UnsafeRawBufferPointer(start: nil, count: 0)
  /// The bare method name as received, not checked to be UTF-8.
  public private(set) var method = UnsafeRawBufferPointer(start: nil, count: 0)
  /// The encoded request message.
  public private(set) var payload = UnsafeRawBufferPointer(start: nil, count: 0)
  /// The time left for the call, in nanoseconds. 0: no deadline; negative: it has passed.
  public private(set) var timeoutNanos: Int64 = 0
  /// The metadata pairs, undecoded but checked.
  public private(set) var metadata = MetadataView()

  /// Reads an envelope and skips unknown fields. Throws if metadata is not UTF-8 or exceeds
  /// `maxMetadataBytes` (keys and values together) or `maxMetadataPairs`.
  public init(
    decoding bytes: UnsafeRawBufferPointer,
    maxMetadataBytes: Int,
    maxMetadataPairs: Int
  ) throws(EnvelopeError) {
    var reader = WireReader(bytes)
    var pairs = 0
    var metadataBytes = 0
    var firstPair = 0
    var tagStart = 0
    while let tag = try reader.nextTag() {
      defer { tagStart = reader.offset }
      switch (tag.field, tag.wireType) {
      case (1, WireReader.WireType.lengthDelimited): service = try reader.lengthDelimited()
      case (2, WireReader.WireType.lengthDelimited): method = try reader.lengthDelimited()
      case (3, WireReader.WireType.lengthDelimited): payload = try reader.lengthDelimited()
      case (4, WireReader.WireType.varint):
        timeoutNanos = Int64(bitPattern: try reader.varint())
      case (MetadataView.field, WireReader.WireType.lengthDelimited):
        let (key, value) = try MetadataView.pair(try reader.lengthDelimited())
        guard isUTF8(key) else { throw .notUTF8(field: "a metadata key") }
        guard isUTF8(value) else { throw .notUTF8(field: "a metadata value") }
        if pairs == 0 { firstPair = tagStart }
        pairs += 1
        metadataBytes += key.count + value.count
        if pairs > maxMetadataPairs { throw .tooManyMetadata(limit: maxMetadataPairs) }
        if metadataBytes > maxMetadataBytes {
          throw .metadataTooLarge(limitBytes: maxMetadataBytes)
        }
      default: try reader.skip(tag)
      }
    }
    if pairs > 0 {
      metadata = MetadataView(
        fields: UnsafeRawBufferPointer(rebasing: bytes[firstPair...]),
        count: pairs
      )
    }
  }
}
