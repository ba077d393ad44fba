/// A `ttrpc.Response` envelope, read in place: `payload` points into the frame.
///
///     message Response { google.rpc.Status status = 1; bytes payload = 2; }
///     message Status { int32 code = 1; string message = 2;
///                      repeated google.protobuf.Any details = 3; }
public struct ResponseView {
  /// The encoded response message; empty if the call failed.
  public private(set) var payload = UnsafeRawBufferPointer(start: nil, count: 0)
  /// The status, or nil if the call succeeded (no status, or one with code 0).
  public private(set) var error: RPCError?

  /// Reads an envelope and skips unknown fields. A status message that is not UTF-8 is repaired
  /// rather than refused, because the code matters more.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(EnvelopeError) {
    var reader = WireReader(bytes)
    var status = RPCError(code: .ok, message: "")
    while let tag = try reader.nextTag() {
      switch (tag.field, tag.wireType) {
      case (1, WireReader.WireType.lengthDelimited):
        try ResponseView.readStatus(try reader.lengthDelimited(), into: &status)
      case (2, WireReader.WireType.lengthDelimited): payload = try reader.lengthDelimited()
      default: try reader.skip(tag)
      }
    }
    if status.code != .ok { error = status }
  }

  private static func readStatus(
    _ bytes: UnsafeRawBufferPointer,
    into status: inout RPCError
  ) throws(EnvelopeError) {
    var reader = WireReader(bytes)
    while let tag = try reader.nextTag() {
      switch (tag.field, tag.wireType) {
      case (1, WireReader.WireType.varint):
        status.code = StatusCode(rawValue: Int32(truncatingIfNeeded: try reader.varint()))
      case (2, WireReader.WireType.lengthDelimited):
        status.message = String(decoding: try reader.lengthDelimited(), as: UTF8.self)
      case (3, WireReader.WireType.lengthDelimited):
        status.details.append(try readDetail(try reader.lengthDelimited()))
      default: try reader.skip(tag)
      }
    }
  }

  private static func readDetail(
    _ bytes: UnsafeRawBufferPointer
  ) throws(EnvelopeError) -> StatusDetail {
    var reader = WireReader(bytes)
    var detail = StatusDetail(typeURL: "", value: [])
    while let tag = try reader.nextTag() {
      switch (tag.field, tag.wireType) {
      case (1, WireReader.WireType.lengthDelimited):
        detail.typeURL = String(decoding: try reader.lengthDelimited(), as: UTF8.self)
      case (2, WireReader.WireType.lengthDelimited):
        detail.value = [UInt8](try reader.lengthDelimited())
      default: try reader.skip(tag)
      }
    }
    return detail
  }
}
