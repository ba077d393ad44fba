import TestKit

/// C libraries that LD_PRELOAD puts between a program and the system.
enum Shim {
  private static let compiler = Tool.find("cc") ?? Tool.find("clang")

  static let isPossible = compiler != nil

  /// Builds the library of one source, named relative to the repository, and returns its path.
  static func build(_ source: String, in scratch: TemporaryDirectory) async throws -> String {
    let library = scratch.file("shim.so")
    let built = try await Programs.run(
      compiler ?? "cc",
      ["-O2", "-fPIC", "-shared", "-pthread", "-o", library, RepositoryRoot.file(source)]
    )
    guard built.exit == .status(0) else { throw HarnessError(built.errors) }
    return library
  }
}
