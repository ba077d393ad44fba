import Foundation
import PatronGenerator

// As a protoc plugin: request on standard input, response on standard output. Otherwise:
//   protoc-gen-patron-swift --clear-optional IN OUT
do {
  let arguments = CommandLine.arguments.dropFirst()
  if arguments.isEmpty {
    let request = [UInt8](FileHandle.standardInput.readDataToEndOfFile())
    FileHandle.standardOutput.write(Data(try Generator.respond(to: request)))
  } else if arguments.count == 3, arguments.first == "--clear-optional" {
    let paths = Array(arguments.dropFirst())
    let input = [UInt8](try Data(contentsOf: URL(fileURLWithPath: paths[0])))
    try Data(ClearOptional.apply(to: input)).write(to: URL(fileURLWithPath: paths[1]))
  } else {
    FileHandle.standardError.write(
      Data("usage: protoc-gen-patron-swift [--clear-optional IN OUT]\n".utf8)
    )
    exit(2)
  }
} catch {
  FileHandle.standardError.write(Data("protoc-gen-patron-swift: \(error)\n".utf8))
  exit(1)
}
