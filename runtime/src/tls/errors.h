// What OpenSSL has to say about a failure, as an Error.
#pragma once

#include <string>
#include <string_view>

#include <rondeau/base/error.h>

namespace rondeau::tls {

/// What went wrong first, and empties this thread's queue of errors: "no shared cipher". `otherwise` where the queue is
/// empty.
std::string take_reason(std::string_view otherwise = "it failed without a reason");

/// InvalidArgument, "<what>: <reason>".
base::Error wrong_setting(const std::string& what, std::string_view reason);

}  // namespace rondeau::tls
