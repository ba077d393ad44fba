extension ShapeTests {
  /// The files that are not named for a type in them: one that only conforms many types to the
  /// protocol in its name. A name leaves this list when its file is renamed; no name is added.
  static let misnamed: Set<String> = ["StoreRequest+Requests.swift"]
}
