/// Documentation comments: the proto file's, or the proto name where it has none.
enum Documentation {
  static func of(_ message: ProtoMessage) -> String {
    message.comment.isEmpty ? "The message `\(message.fullName)`." : message.comment
  }

  static func of(_ field: ProtoField) -> String {
    field.comment.isEmpty ? "The field `\(field.fullName)`." : field.comment
  }

  static func of(_ oneof: ProtoOneof) -> String {
    oneof.comment.isEmpty ? "The oneof `\(oneof.fullName)`." : oneof.comment
  }

  static func of(_ enumeration: ProtoEnum) -> String {
    enumeration.comment.isEmpty ? "The enum `\(enumeration.fullName)`." : enumeration.comment
  }

  static func of(_ value: ProtoEnum.Value, in enumeration: ProtoEnum) -> String {
    value.comment.isEmpty ? "The value `\(value.name)`." : value.comment
  }

  static func of(_ service: ProtoService) -> String {
    service.comment.isEmpty ? "The service `\(service.fullName)`." : service.comment
  }

  static func of(_ method: ProtoMethod) -> String {
    let text = method.comment.isEmpty ? "The method `\(method.name)`." : method.comment
    return method.scope.isEmpty ? text : "\(text)\n\nNeeds the scope `\(method.scope)`."
  }
}
