//! An office at work.

use super::{PASSWORD, World, address, sql};
use ruhu_domain::{
    Class,
    office::{Login, Nothing, OfMoment, SecondFactor, Welcome},
    rights::{Grant, Place, Role},
};
use ruhu_server::{database::OPERATOR, random};
use serde::{Serialize, de::DeserializeOwned};

pub fn place(text: &str) -> Place {
    text.parse().expect("a place")
}

/// Somebody in an office, logged in.
pub struct Desk<'a> {
    pub world: &'a World,
    pub token: String,
}

impl<'a> Desk<'a> {
    /// Makes an account with a grant and logs it in.
    pub async fn open(world: &'a World, account: &str, role: Role, at: &str, classes: &[Class]) -> Self {
        world.database.put_account(account, account, PASSWORD, &[]).await.expect("an account");
        sql(&address(&world.location), &format!("UPDATE account SET home = '{at}' WHERE account = '{account}'")).await;
        let grant = Grant::new(role, place(at), classes.to_vec()).expect("a grant");
        world.database.give(account, &grant, OPERATOR, None).await.expect("it is given");
        let answer = Self::log_in(world, account, None).await;
        let welcome: Welcome = answer.json().await.expect("a welcome");
        Self { world, token: welcome.token }
    }

    pub async fn log_in(world: &World, account: &str, code: Option<String>) -> reqwest::Response {
        let login = Login { account: account.into(), password: PASSWORD.into(), code };
        let request = world.client.post(format!("{}/api/v1/office/login", world.url)).json(&login);
        request.send().await.expect("an answer")
    }

    /// Turns a second factor on.
    pub async fn turn_on_factor(&self) {
        let factor: SecondFactor = self.ask("second-factor", &()).await;
        let totp = totp_rs::Totp::from_url(&factor.uri).expect("an authenticator takes it");
        let code = totp.generate(random::now_ms() / 1_000).to_string();
        self.ask::<Nothing>("second-factor-on", &OfMoment { code }).await;
    }

    pub async fn post(&self, path: &str, body: &impl Serialize) -> reqwest::Response {
        let request = self.world.client.post(format!("{}/api/v1/office/{path}", self.world.url));
        request.bearer_auth(&self.token).json(body).send().await.expect("an answer")
    }

    pub async fn status(&self, path: &str, body: &impl Serialize) -> u16 {
        self.post(path, body).await.status().as_u16()
    }

    pub async fn ask<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> T {
        let answer = self.post(path, body).await;
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).expect("the answer is read")
    }
}
