import ProtobufC
import Testing

@Suite struct DescriptorTests {
  @Test func namesAndFields() throws {
    #expect(Leaf.protoName == "patron.test.v1.Leaf")
    #expect(Leaf.descriptor.name == Leaf.protoName)
    #expect(Choices.Detail.descriptor.name == "patron.test.v1.Choices.Detail")
    #expect(Choices.Detail.descriptor.shortName == "Detail")
    #expect(Leaf.descriptor.fields.map(\.name) == ["external_id", "count"])
    #expect(Leaf.descriptor.fields.map(\.number) == [1, 3])
    #expect(Leaf.descriptor.fields.map(\.type) == [.string, .int64])
    #expect(Leaf.descriptor.field(named: "count")?.number == 3)
    #expect(Leaf.descriptor.field(named: "nothing") == nil)
  }

  @Test func kindsOfFields() throws {
    let maps = try #require(Maps.descriptor.field(named: "custom_blobs"))
    #expect(maps.isMap && maps.isRepeated && maps.type == .message)
    let leaves = try #require(Repeateds.descriptor.field(named: "leaves"))
    #expect(leaves.isRepeated && !leaves.isMap)
    #expect(leaves.message == Leaf.descriptor)
    let optional = try #require(Optionals.descriptor.field(named: "int32_value"))
    #expect(optional.isOneofMember && !optional.isRepeated)
    #expect(Scalars.descriptor.field(named: "int32_value")?.isOneofMember == false)
  }

  @Test func enums() throws {
    let color = try #require(Scalars.descriptor.field(named: "color")?.enumeration)
    #expect(color.name == "patron.test.v1.Color")
    #expect(color.number(named: "COLOR_DEEP_BLUE") == 5)
    #expect(color.number(named: "COLOR_NONE") == nil)
    #expect(color.name(of: 7) == "COLOR_2D")
    #expect(color.name(of: 8) == nil)
    #expect(color.values.map(\.number) == [0, 1, 5, 6, 7])
    let signed = try #require(Scalars.descriptor.field(named: "signed")?.enumeration)
    #expect(signed.name(of: -3) == "SIGNED_BELOW")
  }
}
