// Contract: what a service answers, held against what its OpenAPI document says it does.
#pragma once

#include <iosfwd>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <rondeau/routing/dispatcher.h>
#include <rondeau/routing/router.h>
#include <rondeau/schema/operation.h>
#include <rondeau/testing/test_response.h>

namespace rondeau::testing {

/// The document of a router, and which of its operations and statuses were met so far.
///
/// One for many tests: `TestOptions{.contract = contract}` holds each answer of each TestApp against it.
/// Thread safety: one thread.
class Contract {
 public:
  /// What the document says of an answer; a test's framework prints it.
  struct Verdict {
    std::string objection;  ///< empty: it is covered
    explicit operator bool() const noexcept { return objection.empty(); }
    friend std::ostream& operator<<(std::ostream& out, const Verdict& verdict);
  };

  /// Throws std::runtime_error where there can be no document: see openapi::write_document().
  explicit Contract(std::span<const schema::Operation> operations);
  template <class App>
  static std::shared_ptr<Contract> of(const routing::Router<App>& router) {
    const auto dispatcher = router.build();
    if (!dispatcher) throw std::runtime_error("Contract: " + dispatcher.error().message());
    return std::make_shared<Contract>((*dispatcher)->operations());
  }
  ~Contract();

  /// Whether the document has the operation that was asked, of it the status, of that the content type, and whether the
  /// body fits its schema; the objection tells which of them it is not, in JSON with an RFC 6901 pointer.
  ///
  /// HEAD is held to GET where it has no operation of its own. A problem may come in the forms for people, too. Bodies
  /// that are no JSON are not looked into.
  Verdict covers(const TestResponse& response);
  /// The same, but what the document has no operation for is none of its business: documents, pages, and paths that
  /// nobody serves.
  Verdict allows(const TestResponse& response);

  /// Operations that were never asked ("GET /links/{id}"), and of the others the statuses that were never answered
  /// ("GET /links/{id}: 410"), in the order of the document. "default" need not be met.
  std::vector<std::string> unmet() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace rondeau::testing

namespace rondeau {
using testing::Contract;
}  // namespace rondeau
