// The OpenAPI 3.1 document of a route table.
#pragma once

#include <span>
#include <string>

#include <rondeau/base/result.h>
#include <rondeau/schema/operation.h>

namespace rondeau::openapi {

struct Info {
  std::string title = "API";
  std::string version = "0.1.0";
  std::string description = {};  ///< CommonMark
};

/// The document as indented JSON; the same table gives the same bytes.
///
/// Hidden operations are left out, and those whose method OpenAPI does not have, or that answer any. Structs become
/// components by their names without namespaces, `Page<Item>` as "Page_Item". Errors: InvalidArgument where two
/// different structs, or two different security schemes, have one name: rename one, or give it a `tag`.
Result<std::string> write_document(std::span<const schema::Operation> operations, const Info& info);

}  // namespace rondeau::openapi
