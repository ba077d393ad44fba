package import PatronModel
package import PatronProto
internal import ProtobufC

/// The fields that an update sets, and their effect on the input: fields outside the mask stay,
/// fields of the mask that the input lacks are cleared.
package struct UpdateMask {
  /// True if the custom properties are replaced as a whole.
  package private(set) var replacesProperties = false
  /// The channels whose flags are cleared.
  package private(set) var clearedFlags: [PatronModel.Channel] = []

  /// The maximum number of paths of a mask.
  private static let maxPaths = 200
  private static let propertyPrefix = "custom_properties."
  private static let addressPrefix = "address."

  /// The parts of the address that are named by themselves.
  private var addressParts: [String] = []

  /// Applies a mask to an input. An empty mask takes the fields that are present.
  package init(
    _ mask: GoogleProtobuf.FieldMask?,
    on input: inout CustomerInput,
    _ violations: inout Violations
  ) {
    let paths = mask?.paths ?? []
    guard !paths.isEmpty else { return }
    guard paths.count <= Self.maxPaths else {
      violations.add(
        "update_mask",
        RuleError(
          reason: "LIST_TOO_LONG",
          message: "A mask has up to \(Self.maxPaths) paths; this one has \(paths.count)."
        )
      )
      return
    }
    var output = CustomerInput()
    for (index, path) in paths.enumerated() where !take(path, from: input, to: &output) {
      violations.add("update_mask.paths[\(index)]", Self.unknown(path))
    }
    // An address named as a whole is replaced as a whole.
    if output.address == nil, !addressParts.isEmpty {
      output.address = input.address ?? Address()
      output.addressMask = .with { $0.paths = addressParts }
    }
    input = output
  }

  /// Takes one field. Returns false when no field has that name.
  private mutating func take(
    _ path: String,
    from input: CustomerInput,
    to output: inout CustomerInput
  ) -> Bool {
    if let attribute = CustomerAttribute.named(path) {
      attribute.take(input, &output)
      if case .flag(let channel) = attribute.role, !attribute.isGiven(output) {
        clearedFlags.append(channel)
      }
      return true
    }
    if path == "custom_properties" {
      output.customProperties = input.customProperties
      replacesProperties = true
      return true
    }
    return takePart(path) || takeProperty(path, from: input, to: &output)
  }

  /// Takes `address.<name>`, one part of the address.
  private mutating func takePart(_ path: String) -> Bool {
    guard path.hasPrefix(Self.addressPrefix) else { return false }
    let name = String(path.dropFirst(Self.addressPrefix.count))
    guard AddressPart.named(name) != nil else { return false }
    addressParts.append(name)
    return true
  }

  /// Takes `custom_properties.<name>`, one property.
  private func takeProperty(
    _ path: String,
    from input: CustomerInput,
    to output: inout CustomerInput
  ) -> Bool {
    guard path.hasPrefix(Self.propertyPrefix) else { return false }
    let name = String(path.dropFirst(Self.propertyPrefix.count))
    guard !name.isEmpty else { return false }
    output.customProperties[name] = input.customProperties[name] ?? PatronProto.PropertyValue()
    return true
  }

  private static func unknown(_ path: String) -> RuleError {
    RuleError(
      reason: "MASK_PATH_UNKNOWN",
      message: "The path names no field of patron.v1.CustomerInput. Expected is a name such as "
        + "phone_number, custom_properties.shoe_size for one property, or address.city for one "
        + "part of the address.",
      given: Redaction.cut(path)
    )
  }
}
