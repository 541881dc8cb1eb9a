// What a handler makes of a call to another service: its answer, handed on, or the problem that it failed with.
#pragma once

#include <rondeau/client/error.h>
#include <rondeau/client/response.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/response/into_response.h>
#include <rondeau/response/problem.h>
#include <rondeau/schema/operation.h>

/// 504 where the other service took too long, 503 where it is left alone or no connection came free, else 502; 500 where
/// the request could not have been sent anywhere. The detail is the error's message, which is not shown to strangers.
template <>
struct rondeau::IntoProblem<rondeau::client::Error> {
  static Problem into(const client::Error& error);
  static void describe(schema::Operation& operation);
};

/// Status, fields but for those of the connection, and the body as it comes: who does not read holds the other service
/// back. An answer that breaks off is cut. Of HEAD, and of what has no body, the length is told.
template <>
struct rondeau::IntoResponse<rondeau::client::Response> {
  static Response into(client::Response answer, const Request& request);
};
