import CTestMessages
import Foundation
import PatronProto
import ProtobufC
import TestKit
import Testing

/// Random messages of every type of field, compared with Python's protobuf package.
struct JSONPeerTests {
  static let seed: UInt64 = 20_240_531
  static let count = 1000

  /// The messages with every kind of field.
  static let everything: [MessageDescriptor] = [
    MessageDescriptor(patron__test__v1__scalars__descriptor_address()),
    MessageDescriptor(patron__test__v1__optionals__descriptor_address()),
    MessageDescriptor(patron__test__v1__repeateds__descriptor_address()),
    MessageDescriptor(patron__test__v1__maps__descriptor_address()),
    MessageDescriptor(patron__test__v1__choices__descriptor_address()),
    MessageDescriptor(patron__test__v1__envelope__descriptor_address()),
    MessageDescriptor(patron__test__v1__empty__descriptor_address()),
  ]

  /// Types without maps, because Python writes the maps inside an `Any` in its own order, and the
  /// bytes of both sides are compared.
  static let insideAny = [
    everything[0], everything[1], Money.descriptor, GoogleRPC.BadRequest.descriptor,
    GoogleProtobuf.Timestamp.descriptor, GoogleProtobuf.Duration.descriptor,
    GoogleProtobuf.FieldMask.descriptor, Address.descriptor,
  ]

  static let resolve: @Sendable (String) -> MessageDescriptor? = { name in
    everything.first { $0.name == name } ?? MessageTypes.descriptor(named: name)
  }

  @Test(.disabled(if: JSONPeer.obstacle != nil, "\(JSONPeer.obstacle ?? "")"))
  func agreesWithPythonInBothDirections() throws {
    let peer = try JSONPeer(
      files: [
        "patron/test/v1/everything.proto", "patron/v1/timeline.proto", "patron/v1/customers.proto",
        "patron/v1/admin.proto", "patron/v1/operations.proto", "google/rpc/error_details.proto",
        "grpc/health/v1/health.proto",
      ],
      includes: [
        "dev/generator/Tests/PatronGeneratorTests/Golden/codec", "proto", "proto/third_party",
      ].map(RepositoryRoot.file)
    )

    var messages = [(type: MessageDescriptor, packed: [UInt8])]()
    var random = JSONRandomMessage(seed: Self.seed, types: Self.insideAny)
    for index in 0..<Self.count {
      let types = index % 2 == 0 ? Self.everything : MessageTypes.all
      let type = try #require(types.randomElement(using: &random.random))
      messages.append((type, JSONRandomMessage.canonical(random.message(type), type)))
    }
    let questions = try messages.enumerated().map { index, message in
      JSONPeer.Question(
        type: message.type.name,
        packed: Data(message.packed).base64EncodedString(),
        json: try text(message.packed, message.type, pretty: index % 3 == 0)
      )
    }
    let answers = try peer.ask(questions)
    try #require(answers.count == Self.count)
    var checked = 0
    for (index, answer) in answers.enumerated() {
      let (type, packed) = messages[index]
      let place = "seed \(Self.seed), message \(index), \(type.name)"
      #expect(answer.error == nil, "\(place): \(questions[index].json)")
      for text in answer.texts {
        let read = try type.packJSON(
          Array(text.utf8),
          options: JSONReadOptions(resolve: Self.resolve)
        )
        #expect(read == packed, "\(place): \(text)")
        checked += 1
      }
    }
    #expect(checked == Self.count * 4)
  }

  private func text(_ packed: [UInt8], _ type: MessageDescriptor, pretty: Bool) throws -> String {
    let options = JSONWriteOptions(
      pretty: pretty,
      writesDefaults: pretty,
      resolve: Self.resolve
    )
    return String(decoding: try type.writeJSON(packed: packed, options: options), as: UTF8.self)
  }
}
