package io.threadstore.rest;

import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.WithTestResource;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;

/** What tests of the REST API share. */
@WithTestResource(TestDatabase.class)
abstract class RestTest {

    /** Asserts a problem document with this code. */
    static ValidatableResponse problem(Response response, int status, String code) {
        return response.then()
                .statusCode(status)
                .contentType(Rest.PROBLEM)
                .body("status", equalTo(status))
                .body("code", equalTo(code))
                .body("type", equalTo("urn:threadstore:problem:" + code.replace('_', '-')))
                .body("title", org.hamcrest.Matchers.notNullValue())
                .body("instance", org.hamcrest.Matchers.startsWith("/"));
    }
}
