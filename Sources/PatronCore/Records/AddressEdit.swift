package import PatronModel
package import PatronProto
internal import ProtobufC

/// The change that an input makes to the address: a whole new address, or some of its parts.
package enum AddressEdit: Sendable {
  /// Replaces the stored address.
  case whole(Address)
  /// Sets the listed parts to the values of the address, empty values included. The other parts
  /// stay.
  case parts(Address, [AddressPart])

  /// Returns the address after an explicit change; nil if nothing is left of it.
  package func applied(to stored: Address?) -> Address? {
    switch self {
    case .whole(let address): return address
    case .parts(let address, let parts):
      var result = stored ?? Address()
      for part in parts { result[keyPath: part.field] = address[keyPath: part.field] }
      return result == Address() ? nil : result
    }
  }

  /// Returns the address after a change that only fills gaps: stored values stay.
  func filling(_ stored: Address?) -> Address? {
    switch self {
    case .whole(let address): return stored ?? address
    case .parts(let address, let parts):
      return AddressEdit.parts(
        address,
        parts.filter { stored?[keyPath: $0.field].isEmpty ?? true }
      ).applied(to: stored)
    }
  }
}

/// A part of an address, by its name in field masks.
package struct AddressPart: Sendable {
  package let name: String
  package let field: any WritableKeyPath<Address, String> & Sendable

  package static let all = [
    AddressPart(name: "address1", field: \.address1),
    AddressPart(name: "address2", field: \.address2),
    AddressPart(name: "city", field: \.city),
    AddressPart(name: "company", field: \.company),
    AddressPart(name: "state", field: \.state),
    AddressPart(name: "zip", field: \.zip),
    AddressPart(name: "province_code", field: \.provinceCode),
    AddressPart(name: "country_code", field: \.countryCode),
    AddressPart(name: "phone_number", field: \.phoneNumber),
  ]

  package static func named(_ name: String) -> AddressPart? { all.first { $0.name == name } }
}

extension CustomerDraft {
  /// The maximum number of paths in an address mask. It exceeds the number of parts.
  private static let maxPaths = 20

  /// Checks the address of an input and returns the change that it makes. Violations are added
  /// under `path`.
  package static func address(
    _ input: CustomerInput,
    _ path: String,
    _ country: CountryCode?,
    _ violations: inout Violations
  ) -> FieldEdit<AddressEdit> {
    let paths = input.addressMask?.paths ?? []
    guard input.address != nil || !paths.isEmpty else { return .leave }
    let parts = parts(paths, "\(path).address_mask", &violations)
    var given = input.address ?? Address()
    // Parts outside the mask are not checked.
    if !paths.isEmpty {
      given = AddressEdit.parts(given, parts).applied(to: nil) ?? Address()
    }
    let valid = PostalAddress(given).validated(
      path: "\(path).address",
      defaultCountry: country,
      violations: &violations
    )
    if !paths.isEmpty { return .set(.parts(Address(valid), parts)) }
    return valid.isEmpty ? .clear : .set(.whole(Address(valid)))
  }

  private static func parts(
    _ paths: [String],
    _ field: String,
    _ violations: inout Violations
  ) -> [AddressPart] {
    guard paths.count <= maxPaths else {
      violations.add(
        field,
        RuleError(
          reason: "LIST_TOO_LONG",
          message: "A mask of an address has up to \(maxPaths) paths; this one has \(paths.count)."
        )
      )
      return []
    }
    return paths.enumerated().compactMap { index, path in
      if let part = AddressPart.named(path) { return part }
      let names = AddressPart.all.map(\.name).joined(separator: ", ")
      violations.add(
        "\(field).paths[\(index)]",
        RuleError(
          reason: "MASK_PATH_UNKNOWN",
          message: "The path names no part of an address. Expected is one of \(names).",
          given: Redaction.cut(path)
        )
      )
      return nil
    }
  }
}
