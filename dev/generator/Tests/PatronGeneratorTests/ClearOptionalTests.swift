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

  @Test func optionsOfMethodsGoWithTheirFiles() throws {
    let names = ["patron/test/v1/everything.proto", "patron/test/v1/service.proto"]
    let folders = ["codec", "service"].map { Protoc.golden.appending(path: $0) }
    let set = try Protoc.descriptorSet(names, in: folders + [Protoc.contract])
    let options = ["google/protobuf/descriptor.proto", "patron/v1/options.proto"]
    #expect(Set(set.file.map(\.name)).isSuperset(of: options))
    let bytes: [UInt8] = try set.serializedBytes()
    let cleared = try Google_Protobuf_FileDescriptorSet(
      serializedBytes: ClearOptional.apply(to: bytes)
    )
    #expect(cleared.file.map(\.name) == set.file.map(\.name).filter { !options.contains($0) })
    #expect(cleared.file.flatMap(\.dependency).allSatisfy { !options.contains($0) })
    let methods = cleared.file.flatMap(\.service).flatMap(\.method)
    #expect(methods.count == 6 && methods.allSatisfy { !$0.hasOptions })
  }

  private func optionals(_ set: Google_Protobuf_FileDescriptorSet) -> Int {
    set.file.flatMap(\.messageType).flatMap(\.field).count { $0.proto3Optional }
  }

  private func oneofs(_ set: Google_Protobuf_FileDescriptorSet) -> Int {
    set.file.flatMap(\.messageType).reduce(0) { $0 + $1.oneofDecl.count }
  }
}
