/// A protobuf message as a Swift value. Conformances are generated from `proto/`; the struct that
/// libprotobuf-c reads and writes stays behind raw pointers, so that no C type is part of the API.
public protocol Message: Sendable, Equatable {
  /// libprotobuf-c's description of the message.
  static var descriptor: MessageDescriptor { get }

  /// The message with every field absent or at its default.
  init()

  /// Copies the fields out of the C struct for this message. `source` came from an unpack that
  /// ``WireCheck`` had accepted, so strings are valid UTF-8 without NUL.
  init(fromC source: UnsafeRawPointer)

  /// Fills the C struct at `target`, which has been initialised for this message. What it points
  /// to is allocated in `arena`. Throws ``CodecError`` when the arena is full.
  func fillC(_ target: UnsafeMutableRawPointer, in arena: borrowing Arena) throws(CodecError)
}
