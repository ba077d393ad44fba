package import ProtobufC
package import TTRPC

extension ResponseBuffer {
  /// Appends all fields of a message.
  package mutating func append<Response: Message>(_ message: Response) throws {
    append(try message.encoded())
  }
}
