import ArgumentParser
import PatronClient
import PatronModel
import Testing

@testable import patron

/// Tests that the command line has every property of the contract.
struct CustomerPropertyTests {
  @Test func everyFieldOfAnInputHasAFlagAndAColumn() {
    let special: Set = ["address", "address_mask", "custom_properties"]
    let fields = Set(CustomerInput.descriptor.fields.map(\.name)).subtracting(special)
    #expect(Set(CustomerProperty.all.map(\.column.rawValue)) == fields)
    let help = CustomersUpsert.helpMessage(columns: 100)
    for property in CustomerProperty.all {
      #expect(help.contains("--\(property.flag) "), "\(property.flag)")
      #expect(property.column.isWritable, "\(property.column)")
    }
  }

  @Test func everyWritableColumnIsImported() {
    for column in CustomerField.allCases where column.isWritable {
      let isKnown =
        CustomerProperty.of(column) != nil || column == .locale
        || column.addressPart.map { AddressFields.parts[$0] != nil } ?? false
      #expect(isKnown, "\(column)")
    }
    let parts = CustomerField.allCases.compactMap(\.addressPart)
    #expect(Set(parts) == Set(Address.descriptor.fields.map(\.name)))
    #expect(Set(parts) == Set(AddressFields.parts.keys))
  }
}
