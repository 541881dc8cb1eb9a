// The answers a router gives by itself, as handlers: 404, 405, OPTIONS, the redirect to the other slash; and what it
// does with an exception.
#pragma once

#include <memory>
#include <string>

#include <rondeau/handler/erased_handler.h>
#include <rondeau/handler/layer.h>

namespace rondeau::routing {

/// A 404 problem.
const handler::ErasedHandler& not_found_handler();
/// A 405 problem; its Allow comes from allow_layer().
const handler::ErasedHandler& method_not_allowed_handler();
/// 204; its Allow comes from allow_layer().
const handler::ErasedHandler& options_handler();
/// 308 to the same path with or without its last slash.
const handler::ErasedHandler& slash_redirect_handler();

/// A 415 problem; its Accept comes from accept_layer().
const handler::ErasedHandler& unsupported_handler();
/// A 406 problem.
const handler::ErasedHandler& not_acceptable_handler();
/// A 421 problem.
const handler::ErasedHandler& misdirected_handler();
/// A 500 problem: a guard threw.
const handler::ErasedHandler& broken_guard_handler();

/// Sets Allow on whatever comes out.
std::shared_ptr<const handler::ErasedLayer> allow_layer(std::string methods);
/// Sets Accept on a 415 (RFC 9110 §15.5.16).
std::shared_ptr<const handler::ErasedLayer> accept_layer(std::string types);
/// Adds fields to Vary (RFC 9110 §12.5.5).
std::shared_ptr<const handler::ErasedLayer> vary_layer(std::string fields);
/// Turns an exception into a 500 and a line on stderr; see middleware::Catch.
std::shared_ptr<const handler::ErasedLayer> default_catch_layer();

}  // namespace rondeau::routing
