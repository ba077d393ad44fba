import Foundation
import SwiftProtobuf
import Testing

@testable import PatronGenerator

@Suite struct ClearOptionalTests {
  @Test func marksAndCommentsGoAndOneofsStay() throws {
    let set = try Protoc.descriptorSet(
      ["patron/test/v1/everything.proto"],
      in: [Protoc.golden.appending(path: "codec")]
    )
    #expect(optionals(set) == 18)
    let bytes: [UInt8] = try set.serializedBytes()
    let cleared = try Google_Protobuf_FileDescriptorSet(
      serializedBytes: ClearOptional.apply(to: bytes)
    )
    #expect(optionals(cleared) == 0)
    #expect(oneofs(cleared) == oneofs(set))
    #expect(oneofs(set) == 18 + 2)
    #expect(cleared.file.allSatisfy { !$0.hasSourceCodeInfo })
  }

  private func optionals(_ set: Google_Protobuf_FileDescriptorSet) -> Int {
    set.file.flatMap(\.messageType).flatMap(\.field).count { $0.proto3Optional }
  }

  private func oneofs(_ set: Google_Protobuf_FileDescriptorSet) -> Int {
    set.file.flatMap(\.messageType).reduce(0) { $0 + $1.oneofDecl.count }
  }
}
