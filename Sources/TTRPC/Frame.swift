/// A frame read in place: `body` is a slice of the buffer that was parsed.
public struct Frame {
  /// The decoded header.
  public let header: FrameHeader
  /// The frame's data. Valid as long as the parsed buffer is.
  public let body: UnsafeRawBufferPointer

  /// The bytes that the frame takes in the buffer, header included.
  public var byteCount: Int { FrameHeader.byteCount + body.count }

  /// The result of parsing the start of a buffer.
  public enum Parsed {
    /// The buffer ends before the frame does. `missing` is a lower bound, in bytes.
    case needMore(missing: Int)
    /// A whole frame.
    case frame(Frame)
    /// The header announces more than `maxLength` bytes. The frame can be skipped: its data are
    /// the `header.length` bytes behind the header.
    case tooLarge(FrameHeader)
    /// The first byte is not zero: the peer does not speak ttrpc, or the stream is out of step.
    /// Nothing after this byte can be understood.
    case notTTRPC(firstByte: UInt8)
  }

  /// Parses the start of `bytes`; copies nothing and consumes nothing.
  public static func parse(_ bytes: UnsafeRawBufferPointer, maxLength: Int) -> Parsed {
    guard let base = bytes.baseAddress, bytes.count > 0 else {
      return .needMore(missing: FrameHeader.byteCount)
    }
    let first = bytes[0]
    guard first == 0 else { return .notTTRPC(firstByte: first) }
    guard bytes.count >= FrameHeader.byteCount else {
      return .needMore(missing: FrameHeader.byteCount - bytes.count)
    }
    let header = FrameHeader(decoding: base)
    let length = Int(header.length)
    guard length <= maxLength else { return .tooLarge(header) }
    let available = bytes.count - FrameHeader.byteCount
    guard available >= length else { return .needMore(missing: length - available) }
    let body = UnsafeRawBufferPointer(start: base + FrameHeader.byteCount, count: length)
    return .frame(Frame(header: header, body: body))
  }
}
