//! Access tokens: what is not issued and signed by this service is refused.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

use crate::{
    sessions::Tokens,
    support::{World, both_engines, signing_key},
};

/// A signed token with this header and these claims.
fn forge(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let part = |value: &Value| BASE64.encode(value.to_string());
    let content = format!("{}.{}", part(header), part(claims));
    let signature = key.sign(content.as_bytes());
    format!("{content}.{}", BASE64.encode(signature.to_bytes()))
}

fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).expect("three parts");
    serde_json::from_slice(&BASE64.decode(part).expect("base64")).expect("JSON")
}

fn with(value: &Value, member: &str, other: Value) -> Value {
    let mut changed = value.clone();
    changed[member] = other;
    changed
}

fn without(value: &Value, member: &str) -> Value {
    let mut changed = value.clone();
    changed.as_object_mut().expect("an object").remove(member);
    changed
}

both_engines! {
    async fn a_token_that_is_not_as_we_make_them_is_refused_even_when_our_key_has_signed_it(world: World) {
        let user = world.worker("kragero/skole").await;
        let someone = world.worker("kragero/skole").await;
        let tokens = Tokens::log_in(&world, &user).await;
        let (header, claims, key) = (part(&tokens.access, 0), part(&tokens.access, 1), signing_key());
        let good = Tokens { access: forge(&header, &claims, &key), refresh: String::new() };
        good.are_good(&world).await;

        let (now, hour) = (world.now().timestamp(), 3_600);
        let headers = [
            without(&header, "kid"), with(&header, "kid", json!("other")), with(&header, "kid", json!("")),
            without(&header, "typ"), with(&header, "typ", json!("JWT")),
            with(&header, "crit", json!(["exp"])), with(&header, "crit", json!([])),
            with(&header, "alg", json!("none")), with(&header, "alg", json!("HS256")), with(&header, "alg", json!("ES256")),
        ];
        let bad_claims = [
            without(&claims, "exp"), with(&claims, "exp", json!(now)), with(&claims, "exp", json!("2099-01-01")),
            without(&claims, "iss"), with(&claims, "iss", json!("another")),
            without(&claims, "aud"), with(&claims, "aud", json!("another-api")),
            without(&claims, "iat"), with(&claims, "iat", json!(now + hour)),
            without(&claims, "sub"), with(&claims, "sub", json!(someone.id)), with(&claims, "sub", json!("nobody")),
            without(&claims, "sid"), with(&claims, "sid", json!(uuid::Uuid::now_v7())),
        ];
        let forged = headers.iter().map(|header| forge(header, &claims, &key));
        let forged = forged.chain(bad_claims.iter().map(|claims| forge(&header, claims, &key)));
        for access in forged {
            assert_refused(&world, &access).await;
        }
        tokens.are_good(&world).await;
    }

    async fn a_token_that_our_key_has_not_signed_is_refused(world: World) {
        let user = world.worker("kragero/skole").await;
        let tokens = Tokens::log_in(&world, &user).await;
        let (header, claims) = (part(&tokens.access, 0), part(&tokens.access, 1));
        let [head, middle, signature] = tokens.access.split('.').collect::<Vec<_>>().try_into().expect("three parts");
        let unsigned = |header: &Value| format!("{}.{middle}.", BASE64.encode(header.to_string()));

        let mut forged = vec![
            forge(&header, &claims, &SigningKey::from_bytes(&[9; 32])),
            unsigned(&with(&header, "alg", json!("none"))),
            unsigned(&with(&header, "alg", json!("None"))),
            unsigned(&header),
            format!("{head}.{middle}"),
            format!("{head}.{}.{signature}", BASE64.encode(with(&claims, "exp", json!(4_000_000_000_u32)).to_string())),
            format!("{head}.{middle}.{signature}x"),
            format!("{}.{middle}.{signature}", BASE64.encode(with(&header, "crit", json!(["x"])).to_string())),
        ];
        forged.extend(signed_with_the_public_key(&header, &claims));
        for access in forged {
            assert_refused(&world, &access).await;
        }
        tokens.are_good(&world).await;
    }

    async fn only_the_bearer_scheme_is_taken_and_only_in_the_header(world: World) {
        let user = world.worker("kragero/skole").await;
        let Tokens { access, .. } = Tokens::log_in(&world, &user).await;
        let me = |value: String| world.anonymous().get("/v1/me").header("authorization", &value).send();
        me(format!("bearer {access}")).await.expect(200);
        for value in [access.clone(), format!("Basic {access}"), format!("Token {access}"), "Bearer".into(), "Bearer ".into()] {
            me(value).await.expect_problem(401, "unauthenticated");
        }
        let path = format!("/v1/me?access_token={access}");
        world.anonymous().get(path).send().await.expect_problem(401, "unauthenticated");
    }
}

/// The old attack: the public key is used as a shared secret.
fn signed_with_the_public_key(header: &Value, claims: &Value) -> Vec<String> {
    use ed25519_dalek::pkcs8::{EncodePublicKey, spki::der::pem::LineEnding};
    use jsonwebtoken::{Algorithm, EncodingKey, Header};

    let public = signing_key().verifying_key();
    let pem = public.to_public_key_pem(LineEnding::LF).expect("a key");
    let secrets: [&[u8]; 3] = [public.as_bytes(), pem.as_bytes(), pem.trim_end().as_bytes()];
    let mut hs256 = Header::new(Algorithm::HS256);
    hs256.typ = header["typ"].as_str().map(Into::into);
    hs256.kid = header["kid"].as_str().map(Into::into);
    secrets
        .map(|secret| {
            jsonwebtoken::encode(&hs256, claims, &EncodingKey::from_secret(secret)).expect("a token")
        })
        .into()
}

async fn assert_refused(world: &World, access: &str) {
    let answer = world.anonymous().get("/v1/me").bearer(access).send().await;
    assert_eq!((answer.status, answer.problem()), (401, "unauthenticated"), "{access}");
}
