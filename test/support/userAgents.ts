const IOS = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'
const ANDROID = 'Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko)'

/** What browsers on phones, and the built-in browsers of apps there, call themselves. */
export const USER_AGENTS = {
  iPhone: `${IOS} Version/18.7 Mobile/15E148 Safari/604.1`,
  android: `${ANDROID} Chrome/142.0.0.0 Mobile Safari/537.36`,
  instagramOnIPhone: `${IOS} Mobile/22H20 Instagram 405.0.0.30.70 (iPhone15,2; iOS 18_7; en_GB; en; scale=3.00)`,
  facebookOnIPhone: `${IOS} Mobile/22H20 [FBAN/FBIOS;FBAV/530.0.0.40.62;FBDV/iPhone15,2;FBSN/iOS]`,
  instagramOnAndroid: `${ANDROID} Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36 Instagram 405.0.0.50.79 Android`,
  facebookOnAndroid: `${ANDROID} Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/530.0.0.48.74;]`,
}
