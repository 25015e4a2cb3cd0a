import ArchitectureScorer
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import ResultStorage
import SearchSpaces
import YAMLDocuments

/// An answer that says what went wrong, as RFC 9457 has it: `application/problem+json`.
struct Problem: HTTPResponseError {
  /// The kinds of problems, by the name that ends their `type`.
  enum Kind: String, CaseIterable, Sendable {
    case malformedRequest = "malformed-request"
    case unauthorized = "unauthorized"
    case foreignOrigin = "foreign-origin"
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case requestTimeout = "request-timeout"
    case conflict = "conflict"
    case tooLarge = "too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case misdirected = "misdirected"
    case invalidDocument = "invalid-document"
    case invalidRequest = "invalid-request"
    case idempotencyKeyReused = "idempotency-key-reused"
    case queueFull = "queue-full"
    case unfinished
    case internalError = "internal-error"
    case storeUnavailable = "store-unavailable"
    case diskFull = "disk-full"

    var status: HTTPResponse.Status {
      switch self {
      case .malformedRequest: .badRequest
      case .unauthorized: .unauthorized
      case .foreignOrigin: .forbidden
      case .notFound: .notFound
      case .methodNotAllowed: .methodNotAllowed
      case .requestTimeout: .requestTimeout
      case .conflict: .conflict
      case .tooLarge: .contentTooLarge
      case .unsupportedMediaType: .unsupportedMediaType
      case .misdirected: .misdirectedRequest
      case .invalidDocument, .invalidRequest, .idempotencyKeyReused: .unprocessableContent
      case .queueFull: .tooManyRequests
      case .unfinished: .serviceUnavailable
      case .internalError: .internalServerError
      case .storeUnavailable: .serviceUnavailable
      case .diskFull: .init(code: 507, reasonPhrase: "Insufficient Storage")
      }
    }

    /// The same for every occurrence.
    var title: String {
      switch self {
      case .malformedRequest: "The request cannot be read"
      case .unauthorized: "The request brings no valid token"
      case .foreignOrigin: "The request comes from another site's page"
      case .notFound: "There is nothing here"
      case .methodNotAllowed: "The method does not apply here"
      case .requestTimeout: "The request took too long to arrive"
      case .conflict: "The state does not allow this"
      case .tooLarge: "The request is too large"
      case .unsupportedMediaType: "The body is of no kind that is read here"
      case .misdirected: "The request was meant for another host"
      case .invalidDocument: "The document has mistakes"
      case .invalidRequest: "The request asks for what cannot be done"
      case .idempotencyKeyReused: "The idempotency key stands for another request"
      case .queueFull: "Too many jobs are waiting"
      case .unfinished: "The answer was not finished"
      case .internalError: "Something went wrong here"
      case .storeUnavailable: "The store cannot be used"
      case .diskFull: "The store's disk is full"
      }
    }
  }

  let kind: Kind
  /// This occurrence, in words.
  let detail: String
  /// Of a document.
  var mistakes: [Diagnostic] = []
  /// How many more there are.
  var omittedMistakes = 0
  var headers: HTTPFields = [:]

  init(_ kind: Kind, _ detail: String, headers: HTTPFields = [:]) {
    self.kind = kind
    self.detail = detail
    self.headers = headers
  }

  var status: HTTPResponse.Status { kind.status }

  func response(from request: Request, context: some RequestContext) -> Response {
    var headers = headers
    headers[.contentType] = "application/problem+json"
    headers[.cacheControl] = "no-store"
    return Response(
      status: status, headers: headers,
      body: .init(byteBuffer: ByteBuffer(string: json(instance: request.uri.path).indented + "\n")))
  }

  func json(instance: String) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("type", .text("/docs#\(kind.rawValue)")), ("title", .text(kind.title)),
      ("status", .integer(Int(status.code))), ("detail", .text(detail)), ("instance", .text(instance)),
    ]
    if let first = mistakes.first {
      // The first one's place stands at the top too, for who looks at no list.
      if let location = first.location {
        members += [("line", .integer(location.line)), ("column", .integer(location.column))]
      }
      if let suggestion = first.suggestion { members.append(("suggestion", .text(suggestion))) }
      members.append(("errors", .array(mistakes.map(Self.json))))
      if omittedMistakes > 0 { members.append(("omitted", .integer(omittedMistakes))) }
    }
    return .object(members)
  }

  private static func json(_ mistake: Diagnostic) -> JSONValue {
    var members: [(String, JSONValue)] = [("message", .text(mistake.message.withoutControlCharacters))]
    if let location = mistake.location {
      members += [("line", .integer(location.line)), ("column", .integer(location.column))]
    }
    if let suggestion = mistake.suggestion { members.append(("suggestion", .text(suggestion))) }
    return .object(members)
  }
}

extension Problem {
  /// What any error means to a client. Details of what went wrong inside are for the log alone.
  init(_ error: any Error) {
    switch error {
    case let problem as Problem: self = problem
    case let invalid as InvalidDocument:
      self.init(.invalidDocument, invalid.diagnostics.first?.message ?? "the document cannot be read")
      mistakes = invalid.diagnostics
      omittedMistakes = invalid.omittedCount
    case ScorerError.store(let inner): self.init(inner)
    case let error as StoreError:
      if case .diskFull = error {
        self.init(.diskFull, "the store's disk is full; finished scores are safe")
      } else {
        self.init(.storeUnavailable, error.publicDescription)
      }
    case let error as ScorerError where error.isInvalidInput: self.init(.invalidRequest, "\(error)")
    case let error as CandidateError: self.init(.invalidRequest, "\(error)")
    case is NIOTooManyBytesError: self.init(.tooLarge, "the body is larger than is read here")
    case let error as HTTPError:
      switch error.status {
      case .notFound: self.init(.notFound, "there is nothing at this address")
      case .contentTooLarge: self.init(.tooLarge, "the body is larger than is read here")
      case let status where status.kind == .clientError:
        self.init(.malformedRequest, error.body ?? status.reasonPhrase)
      default: self.init(.internalError, "the log says more")
      }
    default: self.init(.internalError, "the log says more")
    }
  }
}

extension StoreError {
  /// Without the store's path, which is nobody's business outside.
  fileprivate var publicDescription: String {
    switch self {
    case .locked: "another process keeps the store locked"
    case .readOnly: "the store may not be written"
    default: "the store failed; the log says more"
    }
  }
}

extension Problem: CustomStringConvertible {
  var description: String { detail }
}
