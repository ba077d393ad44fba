import Foundation
import Testing

@testable import PatronModel

/// Tests of the names of actions, and of the texts of hashes of the audit log.
struct AuditActionTests {
  @Test func aNameIsAnActionOrAGroup() throws {
    #expect(try AuditAction.named("merge.perform") == [.mergePerform])
    #expect(try AuditAction.named("merge") == [.mergePerform, .mergeUndo])
    #expect(try AuditAction.named("suppression") == [.suppressionAdd, .suppressionLift])
    #expect(try AuditAction.named("suppressions") == [.suppressionsExport])
    for name in AuditAction.names { #expect(try !AuditAction.named(name).isEmpty, "\(name)") }
    let names = AuditAction.names
    #expect(Set(names).count == names.count && names.first == "key")
    #expect(try AuditAction.exactly("merge.undo") == .mergeUndo)
  }

  @Test(arguments: ["", "nonsense", "merge.preform", "merge.", "MERGE"])
  func anUnknownNameIsAnsweredWithAll(name: String) throws {
    let named = #expect(throws: RuleError.self) { try AuditAction.named(name) }
    let exactly = #expect(throws: RuleError.self) { try AuditAction.exactly(name) }
    for error in [named, exactly] {
      #expect(error?.reason == "ACTION_UNKNOWN" && error?.given == name)
      let message = error?.message ?? ""
      for action in AuditAction.allCases { #expect(message.contains(action.rawValue)) }
      #expect(message.contains("Did you mean `merge.perform`?") == (name == "merge.preform"))
    }
  }

  @Test func aHashIsHexadecimalOrBase64() {
    let hash = (0..<32).map { UInt8($0 * 8 + 3) }
    let hex = AuditTarget.hex(hash)
    let text = Data(hash).base64EncodedString()
    for form in [hex, hex.uppercased(), text, String(text.dropLast())] {
      #expect(AuditHash.bytes(of: form) == hash, "\(form)")
    }
    for form in ["", "abc", String(hex.dropLast()), hex + "00", String(text.dropFirst(4)), "ü"] {
      #expect(AuditHash.bytes(of: form) == nil, "\(form)")
    }
  }
}
